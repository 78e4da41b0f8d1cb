import { deepStrictEqual as equal } from "node:assert";
import { formatMoney, money, type Money } from "#domain/money/money.ts";
import { parsePercent } from "#domain/money/percent.ts";
import { PLAIN_EVENT, rate } from "#domain/rating/rate.ts";
import { termsOfTaxRate } from "#domain/rating/terms.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import { alertsMoved, alertsTold } from "#domain/wallet/alerts.ts";
import type { LedgerBatch, LedgerCommit, LedgerEntry } from "#domain/wallet/ports.ts";
import { thresholdLimits } from "#domain/wallet/threshold-limits.ts";
import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import type { World } from "./simulate-seed.ts";
import { card, isCharged, NOW, walletConfiguration } from "./tariff.ts";

/** A promise of the billing engine was broken. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}

function holds(truth: boolean, what: () => string): void {
  if (!truth) throw new InvariantBroken(what());
}

/** After each transaction, with no help of the simulated ledger's own checks: what it holds now must be right. */
export function checkCommit(
  world: World,
  batches: readonly LedgerBatch[],
  results: readonly LedgerCommit[],
): void {
  for (const [index, { walletId, entries }] of batches.entries()) {
    if (results[index]!.kind !== "committed") continue;
    const row = world.ledger.wallets.get(walletId)!;
    const ids = new Set<string>();
    let balance = 0n;
    for (const [place, entry] of row.entries.entries()) {
      holds(
        entry.sequence === BigInt(place) + 1n,
        () => `${walletId}: no entry ${place + 1} in the sequence`,
      );
      holds(!ids.has(entry.eventId), () => `${entry.eventId} was charged twice`);
      ids.add(entry.eventId);
      const sum = entry.amount + entry.revenue + entry.tax + entry.clearing;
      holds(sum === 0n, () => `${entry.eventId}: debits and credits differ by ${sum}`);
      balance += entry.amount;
    }
    holds(balance === row.balance, () => `${walletId}: balance ${row.balance}, entries ${balance}`);
    const allowed = world.allowance.get(walletId) ?? 0n;
    holds(
      balance + allowed >= 0n,
      () => `${walletId} is at ${formatMoney(money(balance))}, beyond its limit by more than was let go`,
    );
    for (const entry of entries) countBilled(world, entry, ids);
  }
}

function countBilled(world: World, { messageId, eventId }: LedgerEntry, ids: ReadonlySet<string>): void {
  const message = messageId === null ? undefined : world.accepted.get(messageId);
  if (message === undefined) return;
  holds(ids.has(eventId), () => `${eventId} was called committed and is not there`);
  message.billed = [...ids].filter((id) => id.startsWith(`${messageId}:`)).length;
}

/** At the end, when all is calm: every event charged once at its price, the cache as the ledger, what was told told once. */
export function checkBooks(world: World): void {
  const charged = [...world.published.values()].filter(isCharged);
  for (const [walletId, row] of world.ledger.wallets) {
    const expected = charged.filter((event) => event.walletId === walletId).map(({ id }) => id);
    equal(row.entries.map(({ eventId }) => eventId).toSorted(), expected.toSorted(), "each event once");
    checkPrices(row.entries);
    checkCache(world, walletId);
    equal(toldOf(world, walletId), alertsOf(walletId, row.entries), "each crossing told");
  }
  const letters = new Set(world.deadLetters.map((letter) => Number(letter.headers!["x-origin-offset"])));
  equal([...letters].toSorted(ascending), [...world.conflicts].toSorted(ascending), "dead letters");
}

const ascending = (one: number, other: number): number => one - other;
const terms = termsOfTaxRate(parsePercent("8")!);
const zone = zoneClock("UTC")!;

/** Priced again from nothing but the order of the ledger. */
function checkPrices(entries: readonly LedgerEntry[]): void {
  let volume = 0n;
  for (const entry of entries) {
    if (entry.entryType !== "charge") continue;
    const rated = rate({
      ...PLAIN_EVENT,
      card,
      eventType: entry.eventType,
      channel: entry.eventType.split(".")[0]!,
      at: NOW,
      units: 1,
      country: "US",
      operator: null,
      zone,
      counters: new Map([["202611", volume]]),
      terms,
    });
    equal(entry.amount, 0n - rated.total, `price of ${entry.eventId}`);
    if (rated.volume !== null) volume += 1n;
  }
}

function checkCache(world: World, walletId: string): void {
  const held = world.redis.live(walletId);
  if (held === null) return;
  const { balance, sequence, counters } = world.ledger.wallets.get(walletId)!;
  equal({ balance: held.balance, sequence: held.sequence }, { balance, sequence }, `cache of ${walletId}`);
  equal(held.volumes.get("202611") ?? 0n, counters.get("202611") ?? 0n, `volume of ${walletId}`);
  const reserved = [...held.reservations.values()].reduce((sum, one) => sum + one, 0n);
  equal(held.reserved, reserved, `what ${walletId} has set aside`);
}

function toldOf(world: World, walletId: string): string[] {
  const ids = world.triggers
    .map(({ value }) => JSON.parse(value.toString()) as WorkflowTrigger)
    .filter((trigger) => trigger.walletId === walletId)
    .map(({ id }) => id);
  return [...new Set(ids)].toSorted();
}

function alertsOf(walletId: string, entries: readonly (LedgerEntry & { balanceAfter: Money })[]): string[] {
  const limits = thresholdLimits(walletConfiguration(walletId));
  const counters = new Map<string, bigint>();
  const told = entries.flatMap((entry) => {
    const moved = alertsMoved(limits, entry.balanceAfter, counters);
    for (const [counter, value] of moved) counters.set(counter, value);
    return alertsTold(moved, limits).map((threshold) => `wallet:${walletId}:${threshold}:${entry.sequence}`);
  });
  return told.toSorted();
}
