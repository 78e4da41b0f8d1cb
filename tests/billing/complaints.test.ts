import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { array, assert, bigInt, integer, property } from "fast-check";
import { createCorrections } from "#adapters/postgres/corrections.ts";
import { Poison, Unavailable } from "#domain/errors.ts";
import type { BillingEvent } from "#domain/events/billing-event.ts";
import { allocate } from "#domain/money/allocate.ts";
import { formatMoney, money, ZERO } from "#domain/money/money.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import { walletFor } from "#domain/tenants/price-sources.ts";
import {
  entriesOf,
  entry,
  log,
  NOW,
  openWallet,
  parsed,
  startBilling,
  tenant,
  usage,
  wallet,
  world,
  type BillingServers,
} from "./world.ts";

/**
 * What users of other billing systems have lost money by, one test each, on a real Redis and PostgreSQL. The title names where it was
 * complained of.
 */

let servers: BillingServers;
beforeAll(async () => {
  servers = await startBilling();
}, 60_000);
afterAll(() => servers?.stop());

/** A message costs `price`, tax free. */
const CARD = (price: string, more: object = {}): string =>
  JSON.stringify({
    rate_card_id: "RC",
    name: "Plain",
    currency: "USD",
    effective_date: "2024-01-01",
    rates: { sms: { base_rate: price }, ussd: { base_rate: price } },
    ...more,
  });

async function open(
  walletId: string,
  { price = "1", thresholds = { low: null, critical: null }, card = {} }: Parameters[0] = {},
) {
  await openWallet(servers, walletId);
  const configuration = tenant([wallet(walletId, thresholds)], { taxRate: "0" });
  const { dependencies, triggers, counts } = world(servers, configuration, CARD(price, card));
  return { charge: createBillingHandler(dependencies), dependencies, triggers, counts };
}

type Parameters = [
  {
    readonly price?: string;
    readonly thresholds?: { readonly low: string | null; readonly critical: string | null };
    readonly card?: object;
  },
];

const sms = (walletId: string, name: string, more: Partial<Extract<BillingEvent, { kind: "usage" }>> = {}) =>
  usage(walletId, `${walletId}-${name}:sms.delivered:1`, { hold: "0", ...more });
const topUp = (walletId: string, name: string, amount: string) =>
  entry(walletId, `${walletId}-${name}`, "top_up", amount);
const balanceOf = async (walletId: string): Promise<string> =>
  formatMoney((await servers.store.balance(walletId)).balance);
const ledgerBalance = async (walletId: string): Promise<string> =>
  formatMoney(parsed((await entriesOf(servers, walletId)).at(-1)?.balance_after ?? "0"));

describe("nobody's money is lost here by", () => {
  test("1. balances that follow by polling: a top-up counts at once, and one gap is told of once (lago-api 4954, 6177)", async () => {
    const { charge, triggers } = await open("c1", { thresholds: { low: "5", critical: null } });
    await charge(log([topUp("c1", "a", "6"), ...["1", "2", "3", "4"].map((name) => sms("c1", name))]));
    expect(triggers.map(({ threshold, balance }) => [threshold, balance])).toEqual([["low", "4"]]);
    await charge(log([topUp("c1", "b", "10"), sms("c1", "5")]));
    expect(await balanceOf("c1")).toBe("11");
    expect(triggers.map(({ threshold }) => threshold)).toEqual(["low", "recovered"]);
  });

  test("2. an id that is claimed before the write: the retry after a failed write is charged (openmeter 5118)", async () => {
    const { charge, dependencies } = await open("c2");
    const failing = {
      ...dependencies,
      ledger: { ...servers.ledger, commit: () => Promise.reject(new Unavailable("postgres")) },
    };
    await expect(createBillingHandler(failing)(log([sms("c2", "1")]))).rejects.toBeInstanceOf(Unavailable);
    await charge(log([sms("c2", "1")]));
    expect([await balanceOf("c2"), await ledgerBalance("c2")]).toEqual(["-1", "-1"]);
  });

  test("3. ids that a cache's failover forgot: the replay is charged once (openmeter 4485)", async () => {
    const { charge } = await open("c3");
    const events = log([topUp("c3", "a", "10"), sms("c3", "1"), sms("c3", "2")]);
    await charge(events);
    await servers.redis.admin.flushall();
    await charge(events);
    expect([await balanceOf("c3"), await ledgerBalance("c3")]).toEqual(["8", "8"]);
  });

  test("4. balances written whole: a grant beside a charge stays, whoever writes last (autumn 2771)", async () => {
    const { charge } = await open("c4");
    const one = log(Array.from({ length: 20 }, (_, index) => sms("c4", `m${index}`)));
    const other = log(Array.from({ length: 20 }, (_, index) => topUp("c4", `t${index}`, "3")));
    const attempts = await Promise.allSettled([charge(one), charge(other)]);
    // Whoever lost the race is given the same records again, as Kafka would.
    if (attempts[0].status === "rejected") await charge(one);
    if (attempts[1].status === "rejected") await charge(other);
    expect([await balanceOf("c4"), await ledgerBalance("c4")]).toEqual(["40", "40"]);
  });

  test("5. a flush that fails behind an emptied cache: the deductions come back from the log (autumn 2153)", async () => {
    const { charge, dependencies } = await open("c5");
    const failing = {
      ...dependencies,
      ledger: { ...servers.ledger, commit: () => Promise.reject(new Unavailable("postgres")) },
    };
    const events = log([topUp("c5", "a", "10"), sms("c5", "1"), sms("c5", "2")]);
    await expect(createBillingHandler(failing)(events)).rejects.toBeInstanceOf(Unavailable);
    await servers.redis.admin.flushall();
    await charge(events);
    expect([await balanceOf("c5"), await ledgerBalance("c5")]).toEqual(["8", "8"]);
  });

  test("6. ids that collide within a batch: each of a thousand equal messages is charged (autumn 2552)", async () => {
    const { charge } = await open("c6");
    const events = Array.from({ length: 1_000 }, (_, index) => sms("c6", `m${index}`));
    await charge(log(events));
    expect(await balanceOf("c6")).toBe("-1000");
    expect(await entriesOf(servers, "c6")).toHaveLength(1_000);
  });

  test("7. amounts that overflow: thirteen million won are nothing, what no column holds is refused aloud (killbill 1896, 1081)", async () => {
    const { charge } = await open("c7", { price: "1300000" });
    await charge(log([topUp("c7", "a", "99999999999999999999"), sms("c7", "1", { units: 10 })]));
    expect(await balanceOf("c7")).toBe("99999999999986999999");
    await expect(
      charge(log([sms("c7", "2", { units: 1_000_000_000 }), topUp("c7", "b", "99999999999999999999")])),
    ).rejects.toBeInstanceOf(Poison);
    expect(await ledgerBalance("c7")).toBe("99999999999986999999");
  });

  test("8. fractions of a cent: a charge of 10⁻¹⁸ is a charge, and the account goes on (killbill 1124)", async () => {
    const { charge } = await open("c8", { price: "0.000000000000000001" });
    await charge(log([topUp("c8", "a", "1"), sms("c8", "1"), sms("c8", "2", { units: 1_000_000_000 })]));
    expect([await balanceOf("c8"), await ledgerBalance("c8")]).toEqual([
      "0.999999998999999999",
      "0.999999998999999999",
    ]);
  });

  test("9. floating point: 500 less 5,000 times 0.005 is 475 (cgrates 624, 260, 632)", async () => {
    const { charge } = await open("c9", { price: "0.005" });
    const each = Array.from({ length: 2_500 }, (_, index) => sms("c9", `m${index}`));
    await charge(log([topUp("c9", "a", "500"), ...each, sms("c9", "all", { units: 2_500 })]));
    expect([await balanceOf("c9"), await ledgerBalance("c9")]).toEqual(["475", "475"]);
  });

  test("10. credit notes that are off by one: refunds in parts add up to the charge, to the last digit (lago-api 2643, 4313, 4553)", async () => {
    const { charge } = await open("c10", { price: "0.100000000000000001" });
    await charge(log([topUp("c10", "a", "1"), sms("c10", "1")]));
    const corrections = createCorrections(servers.postgres.pool);
    const refund = (name: string, amount: string | null) =>
      corrections.refund({
        correctionId: `c10-${name}:refund:0`,
        originalId: "c10-1:sms.delivered:1",
        amount: amount === null ? null : parsed(amount),
        reason: "test",
        actor: "owner",
        decidedAt: NOW,
      });
    for (const name of ["a", "b", "c"])
      expect((await refund(name, "0.033333333333333333")).kind).toBe("decided");
    expect(await refund("too-much", "0.000000000000000003")).toMatchObject({
      kind: "exceeds",
      remaining: parsed("0.000000000000000002"),
    });
    expect((await refund("rest", null)).kind).toBe("decided");
    const { rows } = await servers.postgres.pool.query<{ sum: string }>(
      "SELECT sum(amount) FROM ledger_corrections WHERE original_id = 'c10-1:sms.delivered:1'",
    );
    expect(formatMoney(parsed(rows[0]?.sum ?? "0"))).toBe("0.100000000000000001");
  });

  test("11. events of the past: a late one has its own month's tier, and changes no other charge (lago 67, 105, killbill 876)", async () => {
    const card = { volume_discounts: [{ min_volume: 3, discount: 50 }] };
    const { charge } = await open("c11", { card });
    await charge(log([sms("c11", "1"), sms("c11", "2"), sms("c11", "3")]));
    const before = await entriesOf(servers, "c11");
    const october = Date.parse("2026-10-31T23:59:59Z");
    await charge(log([sms("c11", "late", { at: october })]));
    const rows = await entriesOf(servers, "c11");
    expect(rows.slice(0, 3)).toEqual(before);
    expect(
      rows.map(({ amount, volume_period: period, volume_ordinal: ordinal }) => [
        formatMoney(parsed(amount)),
        period,
        ordinal,
      ]),
    ).toEqual([
      ["-1", "202611", "1"],
      ["-1", "202611", "2"],
      ["-0.5", "202611", "3"],
      ["-1", "202610", "1"],
    ]);
  });

  test("12. debits in flight that nobody counts: two reservations at once never take more than there is (blnk 238, 239, 181)", async () => {
    const { charge } = await open("c12");
    await charge(log([topUp("c12", "a", "10")]));
    const asked = Array.from({ length: 16 }, (_, index) => [
      { messageId: `c12-${index}`, amount: money(10n ** 18n) },
    ]);
    const outcomes = await Promise.all(asked.map((requests) => servers.store.reserve("c12", ZERO, requests)));
    expect(outcomes.flat().filter((outcome) => outcome === "reserved")).toHaveLength(10);
    await servers.store.release("c12", [
      asked[outcomes.findIndex(([outcome]) => outcome === "reserved")]![0]!.messageId,
    ]);
    expect(
      await servers.store.reserve("c12", ZERO, [{ messageId: "c12-next", amount: money(10n ** 18n) }]),
    ).toEqual(["reserved"]);
  });

  test("13. shares that lose or make a cent: parts of any amounts add up to their total (blnk 73, 61)", () => {
    assert(
      property(
        array(bigInt(-(10n ** 24n), 10n ** 24n), { minLength: 1, maxLength: 20 }),
        integer({ min: 0, max: 4 }),
        (amounts, decimals) => {
          const unit = 10n ** BigInt(18 - decimals);
          const shares = allocate(amounts.map(money), decimals);
          const exact = amounts.reduce((total, amount) => total + amount, 0n);
          const total = shares.reduce<bigint>((all, share) => all + share, 0n);
          expect(shares.every((share) => share % unit === 0n)).toBe(true);
          const off = total - exact;
          expect(2n * (off < 0n ? -off : off) <= unit).toBe(true);
        },
      ),
    );
  });

  test("14. one wallet for all: each contract and currency has its own, and only that is charged (lago-api 3347, 5579)", async () => {
    const wallets = [
      { ...wallet("c14-usd") },
      { ...wallet("c14-ussd"), channels: ["ussd"], contract: "C-7" },
    ];
    for (const { walletId } of wallets) await openWallet(servers, walletId);
    const configuration = tenant(wallets, { taxRate: "0" });
    expect(walletFor(configuration, "ussd")?.walletId).toBe("c14-ussd");
    expect(walletFor(configuration, "sms")?.walletId).toBe("c14-usd");
    const { dependencies } = world(servers, configuration, CARD("1"));
    await createBillingHandler(dependencies)(
      log([sms("c14-usd", "1"), usage("c14-ussd", "c14-u:ussd.session.initiated:1", { hold: "0" })]),
    );
    expect([await balanceOf("c14-usd"), await balanceOf("c14-ussd")]).toEqual(["-1", "-1"]);
  });

  test("15. ids that expire unsaid, and messages without a connector: 399 days later nothing, 401 refused, and no delivery no charge (formance 1896, jasmin 676)", async () => {
    const { charge, dependencies } = await open("c15");
    const first = sms("c15", "1");
    await charge(log([topUp("c15", "a", "10"), first]));
    await servers.redis.admin.flushall();
    const later = (days: number) =>
      createBillingHandler({ ...dependencies, clock: { now: () => NOW + days * 86_400_000 } });
    await later(399)(log([first]));
    await expect(later(401)(log([first]))).rejects.toThrow("400 days");
    await servers.store.reserve("c15", ZERO, [{ messageId: "c15-failed", amount: money(10n ** 18n) }]);
    await charge(log([usage("c15", "c15-failed:sms.failed:0", { hold: "1" })]));
    expect(await servers.store.balance("c15")).toMatchObject({ balance: parsed("9"), reserved: ZERO });
  });
});
