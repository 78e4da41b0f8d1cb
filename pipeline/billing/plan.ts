import { Poison } from "#domain/errors.ts";
import { formatMoney, money, MONEY_MAX, ZERO, type Money } from "#domain/money/money.ts";
import { canonicalEventType } from "#domain/rating/event-types.ts";
import { PLAIN_EVENT, rate, type RatedCharge } from "#domain/rating/rate.ts";
import { monthOf } from "#domain/rating/volume-counters.ts";
import { alertsMoved } from "#domain/wallet/alerts.ts";
import type { Charge, ChargeOutcome, LedgerEntry, WalletState } from "#domain/wallet/ports.ts";
import { thresholdLimits } from "#domain/wallet/threshold-limits.ts";
import {
  amountOf,
  type Admitted,
  type AdmittedEntry,
  type AdmittedUsage,
  type BilledWallet,
} from "./admit.ts";
import { fingerprintOf, sameIdOtherBody } from "./fingerprint.ts";
import { keptTrace } from "./kept-input.ts";

/** One event with its price: what the store applies and what the ledger writes. */
export interface Planned {
  readonly admitted: Admitted;
  readonly charge: Charge;
  /** Null for what the ledger does not record: free and unpriced usage. */
  readonly entry: LedgerEntry | null;
  /** The wallet's balance after it; null when the store knew the event already. */
  readonly balanceAfter: Money | null;
}

type Counters = readonly (readonly [string, bigint])[];
const NO_COUNTERS: Counters = Object.freeze([]);

/** What an event does to a wallet, before its place in the sequence is known. */
interface Effect {
  readonly entryType: LedgerEntry["entryType"];
  /** What the balance moves by. */
  readonly amount: Money;
  readonly base: Money | null;
  readonly revenue: Money;
  readonly tax: Money;
  readonly cost: Money | null;
  readonly commission: LedgerEntry["commission"];
  /** The counter of units that moves, null if none does. */
  readonly period: string | null;
  readonly volume: bigint;
  readonly counters: Counters;
  readonly trace: string;
  /** Whether it moves balance or volume, and so takes a place in the sequence and the ledger. */
  readonly recorded: boolean;
  readonly trueUp: RatedCharge["trueUp"];
}

/** Prices events in order, as they would be applied to a wallet in state `before`. */
export function planCharges(
  wallet: BilledWallet,
  before: WalletState,
  events: readonly Admitted[],
): { readonly planned: readonly Planned[]; readonly after: WalletState } {
  const limits = thresholdLimits(wallet.configuration);
  const volumes = new Map(before.volumes);
  const planned: Planned[] = [];
  let { sequence, balance } = before;

  function apply(admitted: Admitted, effect: Effect, eventId: string): void {
    let moved = effect.counters;
    if (effect.recorded) {
      sequence += 1n;
      balance = withinLedger(money(balance + effect.amount), admitted);
      if (effect.period !== null) volumes.set(effect.period, effect.volume);
      const alerts = alertsMoved(limits, balance, volumes);
      if (alerts.length > 0) moved = [...moved, ...alerts];
      for (const [counter, value] of moved) volumes.set(counter, value);
    }
    const place = effect.recorded ? sequence : null;
    planned.push({
      ...plannedFrom(admitted, wallet, { ...effect, counters: moved }, place, eventId),
      balanceAfter: balance,
    });
  }

  for (const admitted of events) {
    const effect = effectOf(admitted, wallet, volumes);
    apply(admitted, effect, admitted.event.id);
    if (effect.trueUp !== null)
      apply(admitted, trueUpEffect(effect.trueUp, effect.volume), `${admitted.event.id}:true_up`);
  }
  return { planned, after: { epoch: before.epoch, sequence, balance, volumes } };
}

/**
 * An event that the store applied before, priced again at the volume it had then.
 * Null when its price cannot be told again, or is another because the tenant's configuration has changed since: the store must forget it.
 * @throws Poison when it was another event of the same id that took no place in the sequence.
 */
export function planKnown(wallet: BilledWallet, admitted: Admitted, outcome: ChargeOutcome): Planned | null {
  const { event } = admitted;
  const sameBody = outcome.fingerprint === fingerprintOf(event);
  if (!sameBody && outcome.sequence === null) throw sameIdOtherBody(event.id);
  // Which of two bodies came first only the ledger can tell: here may stand the one that it is about to refuse.
  if (!sameBody || outcome.movedCounters) return null;
  const before = event.kind === "usage" ? outcome.volumeOrdinal - BigInt(event.units) : outcome.volumeOrdinal;
  const month = monthOf(wallet.zone, event.at);
  const volumes = new Map([[month, before]]);
  if (event.kind === "usage") volumes.set(`${month}/${event.channel.replace(/^rcs-.*/, "rcs")}`, before);
  const effect = { ...effectOf(admitted, wallet, volumes), volume: outcome.volumeOrdinal };
  const same = effect.amount + outcome.amount === 0n && effect.recorded === (outcome.sequence !== null);
  if (!same || effect.counters.length > 0 || effect.trueUp !== null) return null;
  return { ...plannedFrom(admitted, wallet, effect, outcome.sequence, event.id), balanceAfter: null };
}

function effectOf(admitted: Admitted, wallet: BilledWallet, volumes: ReadonlyMap<string, bigint>): Effect {
  return admitted.kind === "usage"
    ? usageEffect(admitted, wallet, volumes)
    : entryEffect(admitted, monthOf(wallet.zone, admitted.event.at), volumes);
}

function usageEffect(
  { event, card, fx, cost, load }: AdmittedUsage,
  wallet: BilledWallet,
  volumes: ReadonlyMap<string, bigint>,
): Effect {
  const { eventType, channel, at, units, country, operator } = event;
  const rated = rate({
    card,
    eventType,
    channel,
    at,
    units,
    country,
    operator,
    prefix: event.prefix ?? null,
    attributes: event.attributes ?? PLAIN_EVENT.attributes,
    requestSize: event.requestSize ?? 1,
    load,
    zone: wallet.zone,
    counters: volumes,
    terms: wallet.terms,
    fx,
    cost,
    contract: wallet.configuration.contract ?? null,
  });
  const { volume } = rated;
  const recorded = rated.total !== 0n || volume !== null || rated.counters.length > 0;
  return {
    entryType: "charge",
    amount: money(0n - rated.total),
    base: rated.base,
    revenue: rated.subtotal,
    tax: rated.tax,
    cost: rated.cost,
    commission: rated.commission,
    period: volume === null ? null : volume.counter,
    volume: volume === null ? (volumes.get(monthOf(wallet.zone, at)) ?? 0n) : volume.after,
    counters: rated.counters,
    trace: recorded ? keptTrace(rated.traceText, event, wallet.configuration.contract ?? null, load) : "",
    // A price that a discount of 100 % takes to zero still moves counters, which only the sequence may do.
    recorded,
    trueUp: rated.trueUp,
  };
}

/** What reaching a tier changes on the month's earlier charges. */
function trueUpEffect(trueUp: NonNullable<RatedCharge["trueUp"]>, volume: bigint): Effect {
  return {
    entryType: "true_up",
    amount: money(0n - trueUp.total),
    base: trueUp.base,
    revenue: trueUp.subtotal,
    tax: trueUp.tax,
    cost: null,
    commission: null,
    period: null,
    volume,
    counters: NO_COUNTERS,
    trace: JSON.stringify(trueUp.trace),
    recorded: trueUp.total !== 0n,
    trueUp: null,
  };
}

function entryEffect(
  { event, amount }: AdmittedEntry,
  month: string,
  volumes: ReadonlyMap<string, bigint>,
): Effect {
  const opening = event.entryType === "opening_volume";
  return {
    entryType: event.entryType,
    amount: opening ? ZERO : amount,
    base: null,
    revenue: event.revenue === undefined ? ZERO : amountOf(event.revenue, event.id),
    tax: event.tax === undefined ? ZERO : amountOf(event.tax, event.id),
    cost: null,
    commission:
      event.commission === undefined
        ? null
        : {
            partnerId: event.commission.partnerId,
            amount: amountOf(event.commission.amount, event.id),
          },
    period: opening ? month : null,
    volume: opening ? BigInt(event.units) : (volumes.get(month) ?? 0n),
    counters: NO_COUNTERS,
    trace: JSON.stringify({ v: 1, reason: event.reason, actor: event.actor, corrects: event.corrects }),
    recorded: opening || amount !== 0n,
    trueUp: null,
  };
}

function plannedFrom(
  admitted: Admitted,
  wallet: BilledWallet,
  effect: Effect,
  sequence: bigint | null,
  eventId: string,
): Omit<Planned, "balanceAfter"> {
  const { event } = admitted;
  const messageId = event.kind === "usage" ? event.messageId : null;
  const fingerprint = fingerprintOf(event);
  const charge: Charge = {
    eventId,
    messageId,
    amount: money(0n - effect.amount),
    hold: admitted.kind === "usage" && effect.entryType === "charge" ? admitted.hold : ZERO,
    sequence,
    volumeOrdinal: effect.volume,
    fingerprint,
    movedCounters: effect.counters.length > 0 || effect.trueUp !== null,
  };
  if (sequence === null) return { admitted, charge, entry: null };
  const { record } = admitted;
  const usage = event.kind === "usage" ? event : null;
  const entry: LedgerEntry = {
    eventId,
    walletId: event.walletId,
    tenantId: event.tenantId,
    sequence,
    entryType: effect.entryType,
    eventType: usage === null ? effect.entryType : canonicalEventType(usage.eventType),
    messageId,
    part: usage?.part ?? 0,
    amount: effect.amount,
    base: effect.base,
    revenue: effect.revenue,
    tax: effect.tax,
    clearing: money(-(effect.amount + effect.revenue + effect.tax)),
    cost: effect.cost,
    commission: effect.commission,
    operator: usage?.operator ?? null,
    country: usage?.country ?? null,
    connector: usage?.connector ?? null,
    fingerprint,
    currency: wallet.configuration.currency,
    volumePeriod: effect.period,
    volumeOrdinal: effect.volume,
    counters: effect.counters,
    trace: effect.trace,
    occurredAt: event.at,
    acceptedAt: event.acceptedAt,
    partition: record.partition,
    offset: record.offset,
  };
  return { admitted, charge, entry };
}

function withinLedger(balance: Money, { event }: Admitted): Money {
  if (balance > MONEY_MAX || balance + MONEY_MAX < 0n) {
    throw new Poison(
      `Event ${event.id} would take the balance to ${formatMoney(balance)}, beyond what the ledger holds`,
    );
  }
  return balance;
}
