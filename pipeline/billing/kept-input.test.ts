import { describe, expect, test } from "@jest/globals";
import type { UsageEvent } from "#domain/events/billing-event.ts";
import { ratingTrace } from "#domain/rating/rating-trace.ts";
import { parsePercent } from "#domain/money/percent.ts";
import { keptTrace } from "./kept-input.ts";

const TRACE = { v: 2, card: "RC", version: 1, event: "sms.delivered", units: 1, source: "base" };
const event = (more: Partial<UsageEvent>): UsageEvent => ({
  v: 1,
  kind: "usage",
  id: "m:sms.delivered:1",
  tenantId: "T1",
  walletId: "w",
  at: 0,
  acceptedAt: 0,
  eventType: "sms.delivered",
  messageId: null,
  part: 1,
  channel: "sms",
  units: 1,
  country: null,
  operator: null,
  hold: "0",
  ...more,
});

describe("a trace that is kept", () => {
  test("of a plain event is the trace alone", () => {
    expect(keptTrace(JSON.stringify(TRACE), event({}), null, null)).toBe(JSON.stringify(TRACE));
    expect(keptTrace(JSON.stringify(TRACE), event({ requestSize: 1, attributes: {} }), null, null)).toBe(
      JSON.stringify(TRACE),
    );
  });

  test("says what another card may look at, and is still a trace", () => {
    const more = { prefix: "1202555", attributes: { category: "marketing" }, requestSize: 500 };
    const kept: unknown = JSON.parse(
      keptTrace(JSON.stringify(TRACE), event(more), "C-1", parsePercent("85")),
    );
    expect(kept).toEqual({ ...TRACE, in: { ...more, load: "85", contract: "C-1" } });
    expect(ratingTrace.parse(kept)).toEqual(TRACE);
  });
});
