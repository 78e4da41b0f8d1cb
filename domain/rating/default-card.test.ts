import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { knownEventTypes, RATING_CHANNELS } from "./event-types.ts";
import { PLAIN_EVENT, rate } from "./rate.ts";
import { compileRateCardVersion } from "./compiled-rate-card.ts";
import { termsOfTaxRate } from "./terms.ts";
import { type ZoneClock, zoneClock } from "./zone-clock.ts";
import { NO_PERCENT } from "#domain/money/percent.ts";

const source = readFileSync(new URL("../../examples/rate-cards/default.json", import.meta.url), "utf8");

test("the default card says of every event of the platform what it costs, if only that it is free", () => {
  const version = { v: 1 as const, rateCardId: "RC-DEFAULT", version: 1, validFrom: 0, storedAt: 0 };
  const compiled = compileRateCardVersion({ ...version, source });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const unpriced = RATING_CHANNELS.filter((channel) => !channel.startsWith("rcs-")).flatMap((channel) =>
    knownEventTypes(channel).filter((eventType) => {
      const charge = rate({
        ...PLAIN_EVENT,
        card: compiled.card,
        eventType,
        channel,
        at: Date.UTC(2026, 10, 24),
        units: 1,
        country: null,
        operator: null,
        zone: zoneClock("UTC") as ZoneClock,
        counters: new Map(),
        terms: termsOfTaxRate(NO_PERCENT),
      });
      return !charge.priced;
    }),
  );
  expect(unpriced).toEqual([]);
});
