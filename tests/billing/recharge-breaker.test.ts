import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createRechargeBreaker } from "#adapters/postgres/recharge-breaker.ts";
import type { DueOutcome, RechargeBreaker } from "#domain/payments/recharge-breaker.ts";
import { createTestSchema, type TestSchema } from "../tenants/database.ts";

let schema: TestSchema;
let breaker: RechargeBreaker;
let now = Date.UTC(2027, 0, 1);
beforeAll(async () => {
  schema = await createTestSchema(["0015_lifecycle.sql", "0017_payments.sql"]);
  breaker = createRechargeBreaker(schema.pool);
});
afterAll(() => schema.close());

const due = (paymentId = randomUUID(), tenantId = "T-1"): Promise<DueOutcome> =>
  breaker.due({ paymentId, tenantId, walletId: randomUUID(), at: now });

describe("the breaker of mass recharges", () => {
  test("lets through what traffic explains, opens once for many at once, and stays open until a person closes it", async () => {
    const quiet = await Promise.all(Array.from({ length: 30 }, () => due()));
    expect(new Set(quiet.map(({ kind }) => kind))).toEqual(new Set(["closed"]));
    const straws = await Promise.all(Array.from({ length: 20 }, () => due()));
    expect(straws.filter((one) => one.kind === "open" && one.opened)).toHaveLength(1);
    expect(straws.filter(({ kind }) => kind === "open")).toHaveLength(20);
    now += 3_600_000;
    await expect(due()).resolves.toMatchObject({ kind: "open", opened: false, openings: 1 });
    await expect(breaker.state()).resolves.toMatchObject({
      state: "open",
      openings: 1,
      changedBy: "recharges",
      reason: "31 recharges fell due within 60 seconds",
    });
    const closed = await breaker.close({ actor: "owner: Kim", reason: "looked", at: now });
    expect(closed).toEqual({
      state: "closed",
      openings: 1,
      changedAt: now,
      changedBy: "owner: Kim",
      reason: "looked",
    });
    await expect(breaker.close({ actor: "other", reason: "again", at: now + 1 })).resolves.toEqual(closed);
    now += 1_000;
    await expect(due()).resolves.toEqual({ kind: "closed" });
  });

  test("counts a recharge that asks again once, and remembers which one opened it", async () => {
    now += 3_600_000;
    const again = randomUUID();
    for (let time = 0; time < 40; time += 1) await expect(due(again)).resolves.toEqual({ kind: "closed" });
    for (let time = 0; time < 29; time += 1) await due();
    const last = randomUUID();
    await expect(due(last)).resolves.toMatchObject({ kind: "open", opened: true, openings: 2 });
    await expect(due(last)).resolves.toMatchObject({ kind: "open", opened: true, openings: 2 });
    await expect(due(again)).resolves.toMatchObject({ kind: "open", opened: false });
    await breaker.close({ actor: "owner", reason: "looked", at: now });
  });

  test("opens for a share of the tenants that have recharges, long before their number is large", async () => {
    now += 3_600_000;
    for (let tenant = 0; tenant < 4; tenant += 1) await due(randomUUID(), `T-${tenant}`);
    await expect(due(randomUUID(), "T-5")).resolves.toMatchObject({
      kind: "open",
      reason: "recharges of 5 of the 0 tenants that have them fell due within 60 seconds",
    });
    await breaker.close({ actor: "owner", reason: "looked", at: now });
  });

  test("a wallet has a recharge under way from its payment's opening to its end", async () => {
    const walletId = randomUUID();
    await expect(breaker.isUnderWay(walletId)).resolves.toBe(false);
    await schema.pool.query(
      `INSERT INTO payments (payment_id, tenant_id, wallet_id, purpose, amount_minor, currency, actor, state, created_at, updated_at)
       VALUES ($1, 'T', $2, 'auto_recharge', 5000, 'USD', 'test', 'collecting', now(), now())`,
      [randomUUID(), walletId],
    );
    await expect(breaker.isUnderWay(walletId)).resolves.toBe(true);
    await schema.pool.query("UPDATE payments SET state = 'paid' WHERE wallet_id = $1", [walletId]);
    await expect(breaker.isUnderWay(walletId)).resolves.toBe(false);
  });
});
