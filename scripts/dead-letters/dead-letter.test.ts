import { describe, expect, test } from "@jest/globals";
import { presentValue, readDeadLetter, whyNotRedriven, type DeadLetter } from "./dead-letter.ts";

function letter(headers: Record<string, Buffer | string>, stage = "firewall"): DeadLetter {
  return readDeadLetter(stage, 0, { offset: "7", key: null, value: Buffer.from("{}"), headers });
}

describe("a dead letter", () => {
  test("reads what the stage's runner wrote", () => {
    const read = letter({
      "x-origin-topic": Buffer.from("messaging.sms.submitted"),
      "x-origin-partition": Buffer.from("3"),
      "x-origin-offset": Buffer.from("42"),
      "x-attempt": Buffer.from("2"),
      "x-error-class": Buffer.from("Poison"),
      "x-error": Buffer.from("Tenant T is not known"),
      "x-at": Buffer.from("2026-11-23T00:00:00.000Z"),
    });
    expect(read).toMatchObject({
      offset: 7n,
      originTopic: "messaging.sms.submitted",
      originPartition: 3,
      originOffset: "42",
      attempt: 2,
      errorClass: "Poison",
      at: "2026-11-23T00:00:00.000Z",
    });
    expect(whyNotRedriven(read)).toBeNull();
  });

  test("says why it cannot go back", () => {
    expect(whyNotRedriven(letter({}))).toMatch(/does not say/);
    expect(whyNotRedriven(letter({ "x-origin-topic": "smpp:sim" }, "sms"))).toMatch(/SMSC connector sim/);
    expect(whyNotRedriven(letter({ "x-origin-topic": "billing.events" }))).toMatch(/no input of stage/);
    expect(whyNotRedriven(letter({ "x-origin-topic": "x" }, "none"))).toMatch(/no input/);
  });
});

describe("a letter's value for a person's eyes", () => {
  const message = {
    messageId: "m1",
    from: "+12125550001",
    to: "+12125550002",
    text: "hello",
    addresses: { from: "a", to: "b" },
    inner: [{ text: "hidden", parts: 1 }],
  };

  test("hides numbers and text, keeps the rest", () => {
    expect(presentValue(Buffer.from(JSON.stringify(message)), false)).toEqual({
      messageId: "m1",
      from: "[redacted]",
      to: "[redacted]",
      text: "[redacted]",
      addresses: "[redacted]",
      inner: [{ text: "[redacted]", parts: 1 }],
    });
  });

  test("reveals on demand", () => {
    expect(presentValue(Buffer.from(JSON.stringify(message)), true)).toEqual(message);
    expect(presentValue(Buffer.from("+12125550001 hi"), true)).toBe("+12125550001 hi");
  });

  test("shows neither bare values nor what is not JSON", () => {
    expect(presentValue(Buffer.from("+12125550001 hi"), false)).toBe(
      "15 bytes that are not JSON (--reveal shows them)",
    );
    expect(presentValue(Buffer.from("12125550001"), false)).toBe("[redacted]");
  });
});
