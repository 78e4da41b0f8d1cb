import { Poison } from "#domain/errors.ts";
import { formatMoney, money, MONEY_MAX, ZERO, type Money } from "#domain/money/money.ts";
import { parsePercent } from "#domain/money/percent.ts";
import { canonicalEventType } from "#domain/rating/event-types.ts";
import { PLAIN_EVENT, rate } from "#domain/rating/rate.ts";
import { monthOf } from "#domain/rating/volume-counters.ts";
import type { Charge, ChargeOutcome, LedgerEntry, WalletState } from "#domain/wallet/ports.ts";
import {
  amountOf,
  type Admitted,
  type AdmittedEntry,
  type AdmittedUsage,
  type BilledWallet,
} from "./admit.ts";

/** One event with its price: what the store applies and what the ledger writes. */
export interface Planned {
  readonly admitted: Admitted;
  readonly charge: Charge;
  /** Null for what the ledger does not record: free and unpriced usage. */
  readonly entry: LedgerEntry | null;
  /** The wallet's balance after it; null when the store knew the event already. */
  readonly balanceAfter: Money | null;
}

/** What an event does to a wallet, before its place in the sequence is known. */
interface Effect {
  /** What the balance moves by. */
  readonly amount: Money;
  readonly base: Money | null;
  readonly revenue: Money;
  readonly tax: Money;
  /** The month whose volume moves, null if none does. */
  readonly period: string | null;
  readonly volume: bigint;
  readonly trace: string;
  /** Whether it moves balance or volume, and so takes a place in the sequence and the ledger. */
  readonly recorded: boolean;
}

/** Prices events in order, as they would be applied to a wallet in state `before`. */
export function planCharges(
  wallet: BilledWallet,
  before: WalletState,
  events: readonly Admitted[],
): { readonly planned: readonly Planned[]; readonly after: WalletState } {
  const volumes = new Map(before.volumes);
  let { sequence, balance } = before;
  const planned = events.map((admitted): Planned => {
    const period = monthOf(wallet.zone, admitted.event.at);
    const effect = effectOf(admitted, wallet, period, (units) => (volumes.get(period) ?? 0n) + units);
    if (effect.recorded) {
      sequence += 1n;
      balance = withinLedger(money(balance + effect.amount), admitted);
      if (effect.period !== null) volumes.set(effect.period, effect.volume);
    }
    return {
      ...plannedFrom(admitted, wallet, effect, effect.recorded ? sequence : null),
      balanceAfter: balance,
    };
  });
  return { planned, after: { epoch: before.epoch, sequence, balance, volumes } };
}

/**
 * An event that the store applied before, priced again at the volume it had then.
 * Null when the price differs, because the tenant's configuration has changed since: the store must forget it.
 */
export function planKnown(wallet: BilledWallet, admitted: Admitted, outcome: ChargeOutcome): Planned | null {
  const period = monthOf(wallet.zone, admitted.event.at);
  const units = BigInt(admitted.event.units);
  const rated = effectOf(admitted, wallet, period, (more) => outcome.volumeOrdinal - units + more);
  const effect = { ...rated, volume: outcome.volumeOrdinal };
  const same = effect.amount + outcome.amount === 0n && effect.recorded === (outcome.sequence !== null);
  return same ? { ...plannedFrom(admitted, wallet, effect, outcome.sequence), balanceAfter: null } : null;
}

/** @param volumeWith the month's volume with so many more units. */
function effectOf(
  admitted: Admitted,
  wallet: BilledWallet,
  period: string,
  volumeWith: (units: bigint) => bigint,
): Effect {
  return admitted.kind === "usage"
    ? usageEffect(admitted, wallet, period, volumeWith)
    : entryEffect(admitted, period, volumeWith(0n));
}

function usageEffect(
  { event, card }: AdmittedUsage,
  wallet: BilledWallet,
  period: string,
  volumeWith: (units: bigint) => bigint,
): Effect {
  const { eventType, channel, at, units, country, operator } = event;
  const rated = rate({
    ...PLAIN_EVENT,
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
    load: event.load === undefined ? null : parsePercent(event.load),
    zone: wallet.zone,
    counters: new Map([[period, volumeWith(0n)]]),
    terms: wallet.terms,
    contract: null,
  });
  const countsVolume = rated.volume !== null;
  return {
    amount: money(0n - rated.total),
    base: rated.base,
    revenue: rated.subtotal,
    tax: rated.tax,
    period: countsVolume ? period : null,
    volume: rated.volume?.after ?? volumeWith(0n),
    trace: rated.total === 0n && !countsVolume ? "" : JSON.stringify(rated.trace),
    // A price that a discount of 100 % takes to zero still moves the volume, which only the sequence may do.
    recorded: rated.total !== 0n || countsVolume,
  };
}

function entryEffect({ event, amount }: AdmittedEntry, period: string, volume: bigint): Effect {
  const opening = event.entryType === "opening_volume";
  return {
    amount: opening ? ZERO : amount,
    base: null,
    revenue: event.revenue === undefined ? ZERO : amountOf(event.revenue, event.id),
    tax: event.tax === undefined ? ZERO : amountOf(event.tax, event.id),
    period: opening ? period : null,
    volume: opening ? BigInt(event.units) : volume,
    trace: JSON.stringify({ v: 1, reason: event.reason, actor: event.actor, corrects: event.corrects }),
    recorded: opening || amount !== 0n,
  };
}

function plannedFrom(
  admitted: Admitted,
  wallet: BilledWallet,
  effect: Effect,
  sequence: bigint | null,
): Omit<Planned, "balanceAfter"> {
  const messageId = admitted.kind === "usage" ? admitted.event.messageId : null;
  const charge: Charge = {
    eventId: admitted.event.id,
    messageId,
    amount: money(0n - effect.amount),
    hold: admitted.kind === "usage" ? admitted.hold : ZERO,
    sequence,
    volumeOrdinal: effect.volume,
  };
  return {
    admitted,
    charge,
    entry: sequence === null ? null : entryFrom(admitted, wallet, effect, sequence, messageId),
  };
}

function entryFrom(
  { event, record }: Admitted,
  wallet: BilledWallet,
  effect: Effect,
  sequence: bigint,
  messageId: string | null,
): LedgerEntry {
  const entryType = event.kind === "usage" ? "charge" : event.entryType;
  return {
    eventId: event.id,
    walletId: event.walletId,
    tenantId: event.tenantId,
    sequence,
    entryType,
    eventType: event.kind === "usage" ? canonicalEventType(event.eventType) : event.entryType,
    messageId,
    part: event.kind === "usage" ? event.part : 0,
    amount: effect.amount,
    base: effect.base,
    revenue: effect.revenue,
    tax: effect.tax,
    clearing: money(-(effect.amount + effect.revenue + effect.tax)),
    currency: wallet.configuration.currency,
    volumePeriod: effect.period,
    volumeOrdinal: effect.volume,
    trace: effect.trace,
    occurredAt: event.at,
    acceptedAt: event.acceptedAt,
    partition: record.partition,
    offset: record.offset,
  };
}

function withinLedger(balance: Money, { event }: Admitted): Money {
  if (balance > MONEY_MAX || balance + MONEY_MAX < 0n) {
    throw new Poison(
      `Event ${event.id} would take the balance to ${formatMoney(balance)}, beyond what the ledger holds`,
    );
  }
  return balance;
}
