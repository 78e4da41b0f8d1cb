import { expect, test } from "@jest/globals";
import { z } from "zod";
import { remedyOf } from "./remedies.ts";

const remedyFor = (schema: z.ZodType, input: unknown): string => {
  const { error } = schema.safeParse(input);
  return remedyOf(error!.issues[0]!);
};

test.each<[string, z.ZodType, unknown]>([
  ["is missing", z.string(), undefined],
  ["must be a string", z.string(), 7],
  ["must be an object", z.object({}), "x"],
  ["must be an object", z.record(z.string(), z.string()), 1],
  ["must be an array", z.array(z.string()), {}],
  ["must be a whole number", z.int(), 1.5],
  ["must be a number", z.number(), "1"],
  ["must be a boolean", z.boolean(), "yes"],
  ["must not be empty", z.string().min(1), ""],
  ["must have at least 3 characters", z.string().min(3), "ab"],
  ["must have at most 1 character", z.string().max(1), "ab"],
  ["must have at least 1 entry", z.array(z.string()).min(1), []],
  ["must have at most 2 entries", z.array(z.string()).max(2), ["a", "b", "c"]],
  ["must be at least 0", z.number().min(0), -1],
  ["must be greater than 0", z.number().positive(), 0],
  ["must be at most 9", z.number().max(9), 10],
  ["must be less than 9", z.number().lt(9), 9],
  ["must be a multiple of 5", z.number().multipleOf(5), 7],
  ["must be one of sms, ussd", z.enum(["sms", "ussd"]), "fax"],
  ["must be stripe", z.literal("stripe"), "paypal"],
  ["must be a mail address", z.email(), "me"],
  ["must be a URL such as https://example.com/path", z.url(), "nowhere"],
  ["must be a time such as 2026-11-27T09:00:00Z", z.iso.datetime(), "yesterday"],
  ["must be a day such as 2026-11-27", z.iso.date(), "27.11."],
  ["must be a UUID", z.uuid(), "1"],
])("%s", (remedy, schema, input) => {
  expect(remedyFor(schema, input)).toBe(remedy);
});

test("what was written for a field stands", () => {
  expect(remedyFor(z.string("must be the bank's reference"), 1)).toBe("must be the bank's reference");
  expect(remedyFor(z.string().regex(/^a/, "must begin with a"), "b")).toBe("must begin with a");
});
