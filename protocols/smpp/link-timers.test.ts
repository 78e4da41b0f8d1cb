import { describe, expect, test } from "@jest/globals";
import { createLinkTimers } from "./link-timers.ts";

const limits = { sessionInitMs: 100, enquireLinkMs: 30, inactivityMs: 300, responseMs: 60, pduReadMs: 50 };

describe("link timers", () => {
  test("end a connection that does not bind", () => {
    const timers = createLinkTimers(limits, 1_000);
    expect(timers.tick(1_099)).toBe("none");
    expect(timers.tick(1_100)).toBe("end_unbound");
  });

  test("ask a silent peer once, and end the session when it stays silent", () => {
    const timers = createLinkTimers(limits, 0);
    timers.bound(10);
    expect(timers.tick(29)).toBe("none");
    expect(timers.tick(30)).toBe("enquire");
    expect(timers.tick(89)).toBe("none");
    expect(timers.tick(90)).toBe("end_silent");
  });

  test("an answer starts the silence anew, but is no activity", () => {
    const timers = createLinkTimers(limits, 0);
    timers.bound(0);
    for (let now = 30; now < 300; now += 30) {
      expect(timers.tick(now)).toBe("enquire");
      timers.received(now);
    }
    expect(timers.tick(300)).toBe("end_inactive");
  });

  test("activity keeps a session", () => {
    const timers = createLinkTimers(limits, 0);
    timers.bound(0);
    timers.received(290);
    timers.active(290);
    expect(timers.tick(310)).toBe("none");
  });

  test("end a session that leaves a PDU incomplete, counted from its first octet", () => {
    const timers = createLinkTimers(limits, 0);
    timers.bound(0);
    timers.incomplete(10, 4);
    timers.received(40);
    timers.incomplete(40, 8);
    expect(timers.tick(59)).toBe("none");
    expect(timers.tick(60)).toBe("end_incomplete");
    timers.incomplete(61, 0);
    expect(timers.tick(62)).toBe("none");
  });
});
