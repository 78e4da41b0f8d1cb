import { Poison } from "#domain/errors.ts";
import type { BillingEvent, UsageEvent } from "#domain/events/billing-event.ts";
import type { StageRecord } from "#domain/events/ports.ts";
import { parseMoney, type Money } from "#domain/money/money.ts";
import type { CompiledRateCard } from "#domain/rating/compiled-rate-card.ts";
import type { UnitCost } from "#domain/cost/unit-cost.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import type { FxQuote } from "#domain/fx/fx-quote.ts";
import { compileTerms, type TenantTerms } from "#domain/rating/terms.ts";
import { zoneClock, type ZoneClock } from "#domain/rating/zone-clock.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import { priceSources } from "#domain/tenants/price-sources.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";
import { fingerprintOf, sameIdOtherBody } from "./fingerprint.ts";

/** How long an event's id is remembered: the ledger's rows are its permanent keys, looked up by the month of acceptance. */
const HORIZON_MS = 400 * 86_400_000;
/** A clock that runs ahead by more than this is wrong. */
const MAX_AHEAD_MS = 86_400_000;

/** A tenant's configuration in the forms that rating needs. */
export interface BilledWallet {
  readonly tenant: TenantConfiguration;
  readonly configuration: WalletConfiguration;
  readonly zone: ZoneClock;
  readonly terms: TenantTerms;
}

export interface AdmittedUsage {
  readonly kind: "usage";
  readonly record: StageRecord<BillingEvent>;
  readonly event: UsageEvent;
  readonly card: CompiledRateCard;
  /** From the card's currency to the wallet's; null where they are one. */
  readonly fx: FxQuote | null;
  readonly cost: UnitCost | null;
  /** The platform's when it happened; null where nobody has said. */
  readonly load: Percent | null;
  readonly hold: Money;
}

export interface AdmittedEntry {
  readonly kind: "entry";
  readonly record: StageRecord<BillingEvent>;
  readonly event: Extract<BillingEvent, { kind: "entry" }>;
  readonly amount: Money;
}

/** An event that can be charged, with everything that decides its price but the volume. */
export type Admitted = AdmittedUsage | AdmittedEntry;

export interface WalletWork {
  readonly walletId: string;
  readonly wallet: BilledWallet;
  /** In order of arrival, each id once. */
  readonly events: readonly Admitted[];
}

/**
 * Sorts a batch by wallet. Configuration must be confirmed before: what it does not know is then unknown indeed.
 * @throws Poison for an event that can never be charged, before anything took effect.
 */
export function admit(
  records: readonly StageRecord<BillingEvent>[],
  control: ControlView,
  now: number,
): WalletWork[] {
  const works = new Map<
    string,
    { walletId: string; wallet: BilledWallet; events: Admitted[]; ids: Map<string, BillingEvent> }
  >();
  for (const record of records) {
    const { event } = record;
    let work = works.get(event.walletId);
    if (work === undefined) {
      work = { walletId: event.walletId, wallet: walletOf(event, control), events: [], ids: new Map() };
      works.set(event.walletId, work);
    }
    if (work.wallet.tenant.tenantId !== event.tenantId)
      throw new Poison(`Wallet ${event.walletId} is not of tenant ${event.tenantId}`);
    const admitted = admitEvent(record, work.wallet, control, now);
    const first = work.ids.get(event.id);
    if (first !== undefined) {
      if (fingerprintOf(first) !== fingerprintOf(event)) throw sameIdOtherBody(event.id);
      continue;
    }
    work.ids.set(event.id, event);
    work.events.push(admitted);
  }
  return [...works.values()];
}

const known = new WeakMap<TenantConfiguration, Map<string, BilledWallet>>();

function walletOf(event: BillingEvent, control: ControlView): BilledWallet {
  const tenant = control.tenant(event.tenantId);
  if (tenant === undefined) throw new Poison(`Tenant ${event.tenantId} does not exist`);
  let wallets = known.get(tenant);
  if (wallets === undefined) known.set(tenant, (wallets = new Map()));
  let wallet = wallets.get(event.walletId);
  if (wallet === undefined) wallets.set(event.walletId, (wallet = billedWallet(tenant, event.walletId)));
  return wallet;
}

function billedWallet(tenant: TenantConfiguration, walletId: string): BilledWallet {
  const configuration = tenant.wallets.find((wallet) => wallet.walletId === walletId);
  if (configuration === undefined) throw new Poison(`Tenant ${tenant.tenantId} has no wallet ${walletId}`);
  const zone = zoneClock(tenant.timezone);
  if (zone === null)
    throw new Poison(`Tenant ${tenant.tenantId} has the unknown time zone ${tenant.timezone}`);
  const terms = compileTerms(tenant);
  if ("problem" in terms) throw new Poison(`Tenant ${tenant.tenantId}: ${terms.problem}`);
  return { tenant, configuration, zone, terms };
}

function admitEvent(
  record: StageRecord<BillingEvent>,
  wallet: BilledWallet,
  control: ControlView,
  now: number,
): Admitted {
  const { event } = record;
  if (now - event.acceptedAt > HORIZON_MS)
    throw new Poison(`Event ${event.id} was accepted more than 400 days ago`);
  if (event.acceptedAt - now > MAX_AHEAD_MS) throw new Poison(`Event ${event.id} was accepted in the future`);
  if (event.kind === "entry")
    return { kind: "entry", record, event, amount: amountOf(event.amount, event.id) };
  const sources = priceSources(control, wallet.tenant, wallet.configuration, {
    at: event.at,
    prefix: event.prefix ?? null,
    operator: event.operator,
    country: event.country,
    connector: event.connector ?? null,
    load: event.load === undefined ? null : parsePercent(event.load),
  });
  if ("problem" in sources) throw new Poison(sources.problem);
  const hold = amountOf(event.hold, event.id);
  if (hold < 0n) throw new Poison(`Event ${event.id} has a negative hold`);
  return { kind: "usage", record, event, ...sources, hold };
}

/** @throws Poison for a text that is no amount. */
export function amountOf(text: string, eventId: string): Money {
  const amount = parseMoney(text);
  if (amount === null)
    throw new Poison(`Event ${eventId} has an amount that is not a decimal of at most 18 places`);
  return amount;
}
