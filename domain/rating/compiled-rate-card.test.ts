import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { compileRateCardVersion } from "./compiled-rate-card.ts";

function example(name: string): string {
  return readFileSync(new URL(`../../examples/rate-cards/${name}.json`, import.meta.url), "utf8");
}

test("a stored version compiles, a broken one says why", () => {
  const version = { v: 1 as const, rateCardId: "RC-TENANT-001", version: 3, validFrom: 7, storedAt: 7 };
  const compiled = compileRateCardVersion({ ...version, source: example("guide") });
  expect(compiled).toMatchObject({
    ok: true,
    card: { rateCardId: "RC-TENANT-001", version: 3, validFrom: 7, currency: "USD" },
  });
  expect(compileRateCardVersion({ ...version, source: "{" })).toEqual({
    ok: false,
    problems: [{ path: "", message: expect.stringContaining("not valid JSON") }],
  });
});

test("the default card prices what the guide's event lists name", () => {
  const compiled = compileRateCardVersion({
    v: 1,
    rateCardId: "RC-DEFAULT",
    version: 1,
    validFrom: 0,
    storedAt: 0,
    source: example("default"),
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const events: Record<string, string[]> = {
    sms: ["submit", "delivered", "failed", "mo.inbound", "dlr.callback"],
    ussd: ["session.initiated", "response.sent", "menu.action", "timeout", "error"],
    firewall: ["scan", "block", "threat_detected", "subscription"],
    api: ["calls"],
    storage: ["gb"],
    bandwidth: ["gb"],
    compute: ["cpu_hour"],
  };
  for (const channel of ["whatsapp", "telegram", "messenger", "instagram", "viber", "rcs", "xmpp"]) {
    events[channel] = ["send", "media", "template", "interactive", "read", "delivered", "failed", "inbound"];
  }
  const expected = Object.entries(events).flatMap(([channel, names]) =>
    names.map((name) => `${channel}.${name}`),
  );
  expect([...compiled.card.events.keys()]).toEqual(expect.arrayContaining(expected));
  expect(compiled.card.events.get("sms.failed")?.flat?.rate).toBe(0n);
});
