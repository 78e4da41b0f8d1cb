import { describe, expect, test } from "@jest/globals";
import { array, assert, constantFrom, property, record, string } from "fast-check";
import { destination } from "./destination-schema.ts";
import {
  blockForGood,
  describeDestination,
  type Destination,
  DESTINATIONS_MAX,
  freeze,
  isFrozen,
  mergeDestinations,
  release,
} from "./destinations.ts";

const GB: Destination = { country: "GB", prefix: null };
const RANGE: Destination = { country: "GB", prefix: "4477009" };
const NUMBER = "+447700900123";

describe("isFrozen", () => {
  const frozen = freeze([], "FC-1", [RANGE, { country: "LV", prefix: null }], 5);

  test("closes the range and the country, and nothing beside them", () => {
    expect(isFrozen(frozen, NUMBER, ["GB"])).toBe(true);
    expect(isFrozen(frozen, "+447711900123", ["GB"])).toBe(false);
    expect(isFrozen(frozen, "+37120000000", ["LV"])).toBe(true);
    expect(isFrozen(frozen, "+37120000000", [null, "LV"])).toBe(true);
    expect(isFrozen(undefined, NUMBER, ["GB"])).toBe(false);
    expect(isFrozen([], NUMBER, ["GB"])).toBe(false);
  });

  test("a destination of two cases opens with the second; one that is blocked stays", () => {
    const both = freeze(freeze([], "FC-1", [RANGE], 1), "FC-2", [GB], 2);
    expect(isFrozen(release(both, "FC-1"), NUMBER, ["GB"])).toBe(true);
    expect(isFrozen(release(release(both, "FC-1"), "FC-2"), NUMBER, ["GB"])).toBe(false);
    expect(isFrozen(release(blockForGood(both, "FC-1"), "FC-1"), NUMBER, [null])).toBe(true);
  });

  test("freezing again what is frozen changes nothing", () => {
    const once = freeze([], "FC-1", [RANGE, GB], 1);
    expect(freeze(once, "FC-1", [GB, RANGE], 9)).toBe(once);
  });
});

describe("mergeDestinations", () => {
  const some = array(
    record({
      country: constantFrom("GB", "LV", "US", null),
      prefix: constantFrom(null, "44", "4477", "371", "1202"),
    }).filter(({ country, prefix }) => country !== null || prefix !== null),
    { maxLength: 80 },
  );

  test("loses nothing that either held, and keeps nothing twice", () => {
    assert(
      property(some, some, (known, more) => {
        const merged = mergeDestinations(known, more);
        const frozen = freeze([], "FC-1", merged, 1);
        for (const { country, prefix } of [...known, ...more])
          expect(isFrozen(frozen, `+${prefix ?? "999"}`.padEnd(12, "0"), [country])).toBe(true);
        expect(mergeDestinations(merged, merged)).toEqual(merged);
      }),
    );
  });

  test("many ranges become their countries", () => {
    const ranges = Array.from({ length: DESTINATIONS_MAX + 1 }, (_, index) => ({
      country: "US",
      prefix: String(1_200_000 + index),
    }));
    expect(mergeDestinations(ranges, [RANGE])).toEqual([{ country: "US", prefix: null }, GB]);
  });
});

test("no destination has room for a phone number", () => {
  assert(
    property(string({ unit: constantFrom(..."0123456789"), minLength: 10, maxLength: 15 }), (digits) => {
      expect(destination.safeParse({ country: null, prefix: digits }).success).toBe(false);
    }),
  );
  expect(destination.safeParse({ country: null, prefix: null }).success).toBe(false);
  expect(describeDestination(RANGE)).toBe("GB +4477009");
  expect(describeDestination(GB)).toBe("GB");
});
