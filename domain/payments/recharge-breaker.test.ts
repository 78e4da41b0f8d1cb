import { expect, test } from "@jest/globals";
import { MASS_LIMITS, massReason } from "./recharge-breaker.ts";

const { duePerWindow } = MASS_LIMITS;

test.each([
  [{ recharges: duePerWindow, tenants: duePerWindow, enrolled: 10_000 }, null],
  [
    { recharges: duePerWindow + 1, tenants: 1, enrolled: 10_000 },
    /^31 recharges fell due within 60 seconds$/,
  ],
  [{ recharges: 4, tenants: 4, enrolled: 4 }, null],
  [{ recharges: 5, tenants: 5, enrolled: 25 }, null],
  [{ recharges: 6, tenants: 6, enrolled: 25 }, /^recharges of 6 of the 25 tenants/],
])("%j", (due, reason) => {
  if (reason === null) expect(massReason(due)).toBeNull();
  else expect(massReason(due)).toMatch(reason);
});
