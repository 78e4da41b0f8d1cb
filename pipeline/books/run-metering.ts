import type { Clock } from "#domain/clock.ts";
import { Poison } from "#domain/errors.ts";
import type { BillingEvent, UsageEvent } from "#domain/events/billing-event.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import { METERS, meteredEvent, startedUnits, type MeteredQuantity } from "#domain/metering/meters.ts";
import type { MeteringStore, PendingQuantity } from "#domain/metering/ports.ts";
import { PLAIN_EVENT, rate } from "#domain/rating/rate.ts";
import { compileTerms } from "#domain/rating/terms.ts";
import { monthOf } from "#domain/rating/volume-counters.ts";
import { startOfDay, zoneClock } from "#domain/rating/zone-clock.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import { priceSources, walletFor } from "#domain/tenants/price-sources.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";

/** Processes flush every ten seconds; one that could not for so long carries its counts into the next hour. */
const CLOSED_AFTER_MS = 5 * 60_000;
const PAGE = 500;
const PAGES_PER_PASS = 20;

export interface MeteringDependencies {
  readonly store: MeteringStore;
  readonly control: ControlView & { tenants(): Iterable<TenantConfiguration> };
  readonly publisher: EventPublisher;
  readonly clock: Clock;
}

/**
 * One pass: closes hours, and tells billing what they came to. Killed anywhere, the next pass makes the same events again, and the ledger knows
 * their ids. @returns how many events were published.
 */
export async function runMetering({
  store,
  control,
  publisher,
  clock,
}: MeteringDependencies): Promise<number> {
  const now = clock.now();
  await control.confirm();
  await store.add(subscriptions(control.tenants(), now));
  await store.measureStorage(now);
  await store.close(now - CLOSED_AFTER_MS);
  let published = 0;
  for (let page = 0; page < PAGES_PER_PASS; page += 1) {
    const pending = await store.pending(PAGE);
    if (pending.length === 0) break;
    const events: BillingEvent[] = [];
    for (const quantity of pending) {
      const event = await eventOf(store, control, quantity);
      if (event !== null) events.push(event);
    }
    await publisher.publish(
      events.map((event) => ({ topic: "billing.events", key: event.walletId, value: JSON.stringify(event) })),
    );
    await store.done(pending);
    published += events.length;
  }
  return published;
}

/** One a month and tenant, at the beginning of its month, or of its first day as a subscriber. */
function subscriptions(tenants: Iterable<TenantConfiguration>, now: number): MeteredQuantity[] {
  const due: MeteredQuantity[] = [];
  for (const { tenantId, status, subscriptions: subscribed, timezone } of tenants) {
    if (status !== "active" || !(subscribed ?? []).includes("firewall")) continue;
    const at = monthStart(timezone, now);
    if (at !== null) due.push({ tenantId, meter: "firewall.subscription", at, quantity: 1n });
  }
  return due;
}

function monthStart(timezone: string, at: number): number | null {
  const zone = zoneClock(timezone);
  if (zone === null) return null;
  const month = monthOf(zone, at);
  return startOfDay(zone, `${month.slice(0, 4)}-${month.slice(4, 6)}-01`);
}

/** Null where there is nobody to pay, no price, or no unit that was started. */
async function eventOf(
  store: MeteringStore,
  control: ControlView,
  quantity: PendingQuantity,
): Promise<UsageEvent | null> {
  const { tenantId, meter, at } = quantity;
  const tenant = control.tenant(tenantId);
  const wallet = tenant === undefined ? undefined : walletFor(tenant, METERS[meter].channel);
  if (tenant === undefined || wallet === undefined) return null;
  const from = monthStart(tenant.timezone, at);
  if (from === null) return null;
  const units = startedUnits(meter, await store.measured(tenantId, meter, from, at), quantity.quantity);
  if (units === 0n) return null;
  const event = meteredEvent(quantity, quantity.walletId ?? wallet.walletId, units);
  if (quantity.walletId === null && !isPriced(control, tenant, wallet, event)) return null;
  return { ...event, walletId: await store.assign(quantity, event.walletId) };
}

/** A meter that the card does not price is nobody's event: it would only fill the ledger's dead letters. */
function isPriced(
  control: ControlView,
  tenant: TenantConfiguration,
  wallet: WalletConfiguration,
  event: UsageEvent,
): boolean {
  const { at, eventType, channel, units } = event;
  const place = { prefix: null, operator: null, country: null };
  const sources = priceSources(control, tenant, wallet, { ...place, at, connector: null, load: null });
  const terms = compileTerms(tenant);
  const zone = zoneClock(tenant.timezone);
  if ("problem" in sources || "problem" in terms || zone === null) return false;
  try {
    const contract = wallet.contract ?? null;
    return (
      rate({
        ...PLAIN_EVENT,
        ...sources,
        ...place,
        eventType,
        channel,
        at,
        units,
        zone,
        terms,
        contract,
        counters: new Map(),
      }).total !== 0n
    );
  } catch (error) {
    if (error instanceof Poison) return false;
    throw error;
  }
}
