import { expect, test } from "@jest/globals";
import { zoneClock, type ZoneClock } from "./zone-clock.ts";
import { monthOf } from "./volume-counters.ts";

test("the month of volume turns at midnight in the tenant's zone", () => {
  const zone = (name: string): ZoneClock => zoneClock(name) as ZoneClock;
  const at = Date.parse("2026-12-01T03:00:00Z");
  expect(monthOf(zone("America/New_York"), at)).toBe("202611");
  expect(monthOf(zone("UTC"), at)).toBe("202612");
  expect(monthOf(zone("Asia/Tokyo"), Date.parse("2026-12-31T15:00:00Z"))).toBe("202701");
  expect(monthOf(zone("UTC"), Date.parse("2026-01-31T23:59:59.999Z"))).toBe("202601");
});
