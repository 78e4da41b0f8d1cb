import { expect, test } from "@jest/globals";
import { DUNNING_DAYS, dunningProblem, dunningTimes } from "./dunning.ts";

const DAY = 86_400_000;
const days = (times: readonly number[]): number[] => times.map((at) => at / DAY);

test("a payment that is due is tried at once and after 3, 7 and 14 days", () => {
  expect(days(dunningTimes(0, null, DUNNING_DAYS))).toEqual([0, 3, 7, 14]);
});

test("one that is due later is tried at once and from the due day on", () => {
  expect(days(dunningTimes(0, 14 * DAY, DUNNING_DAYS))).toEqual([0, 14, 17, 21, 28]);
});

test("one that was due before it begins counts from its beginning: nobody is suspended for days that nobody was asked in", () => {
  expect(days(dunningTimes(20 * DAY, 14 * DAY, DUNNING_DAYS))).toEqual([20, 23, 27, 34]);
});

test.each([
  [[], "must name"],
  [[0, 3, 3], "must ascend"],
  [[-1], "whole days"],
  [[0.5], "whole days"],
  [[91], "whole days"],
  [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "must name"],
])("%j is no calendar", (given, problem) => {
  expect(dunningProblem(given)).toContain(problem);
});

test("the default is a calendar", () => {
  expect(dunningProblem(DUNNING_DAYS)).toBeNull();
});
