import { Poison } from "#domain/errors.ts";
import { destinationPrefix, readNumber } from "#domain/messages/numbers.ts";
import type { NumberRanges } from "#domain/messages/ports.ts";
import type { Percent } from "#domain/money/percent.ts";
import type { CompiledRateCard } from "#domain/rating/compiled-rate-card.ts";
import { rate } from "#domain/rating/rate.ts";
import type { RatedCharge } from "#domain/rating/rated-charge.ts";
import { compileTerms } from "#domain/rating/terms.ts";
import { type CounterKey, monthOf } from "#domain/rating/volume-counters.ts";
import { type ZoneClock, zoneClock } from "#domain/rating/zone-clock.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import { priceSources, rateCardIdOf, walletFor } from "#domain/tenants/price-sources.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";

/** An event that may happen, and what to assume of its wallet. */
export interface QuoteRequest {
  readonly tenantId: string;
  /** Null: the one that pays for the channel. */
  readonly walletId: string | null;
  /** Null: the card in force. */
  readonly rateCardId: string | null;
  readonly eventType: string;
  readonly channel: string;
  /** Epoch ms. */
  readonly at: number;
  readonly units: number;
  /** A phone number as people write it, from which country, operator and prefix follow where they are not given. */
  readonly to: string | null;
  readonly country: string | null;
  readonly operator: string | null;
  readonly prefix: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly requestSize: number;
  readonly load: Percent | null;
  /** By which supplier it would go; null: no cost is known. */
  readonly connector: string | null;
  /** The month's volume with this event; null: the wallet's own. */
  readonly volume: bigint | null;
}

export type Quote =
  | {
      readonly ok: true;
      readonly charge: RatedCharge;
      readonly card: CompiledRateCard;
      readonly wallet: WalletConfiguration;
    }
  /** `field` as QuoteRequest names it. */
  | { readonly ok: false; readonly field: keyof QuoteRequest; readonly message: string };

export interface QuotingDependencies {
  readonly control: Pick<ControlView, "tenant" | "rateCard" | "fx" | "supplier" | "load" | "confirm">;
  readonly wallets: Pick<WalletStore, "state">;
  readonly ranges: NumberRanges;
  /** Milliseconds, from any fixed moment. */
  readonly clock: { now(): number };
}

/** A quote is indicative: the volume moves while it is read. Asking Redis once a second and wallet keeps quotes cheap. */
const COUNTERS_FRESH_MS = 1_000;
const WALLETS_REMEMBERED = 10_000;

/**
 * Prices events without charging them, by the rules and the snapshot of configuration that charges follow.
 * @throws Unavailable when configuration cannot be confirmed or the wallet's volume cannot be read.
 */
export function createQuoting({ control, wallets, ranges, clock }: QuotingDependencies) {
  const remembered = new Map<string, { readonly until: number; readonly counters: Promise<Counters> }>();

  function countersOf(walletId: string): Promise<Counters> {
    const now = clock.now();
    const known = remembered.get(walletId);
    if (known !== undefined && now < known.until) return known.counters;
    if (remembered.size >= WALLETS_REMEMBERED) remembered.clear();
    const counters = wallets.state(walletId).then(({ volumes }) => volumes);
    counters.catch(() => remembered.delete(walletId));
    remembered.set(walletId, { until: now + COUNTERS_FRESH_MS, counters });
    return counters;
  }

  return async (request: QuoteRequest): Promise<Quote> => {
    await control.confirm();
    const tenant = control.tenant(request.tenantId);
    if (tenant === undefined) return refused("tenantId", `${request.tenantId} is no tenant`);
    const wallet = payingWallet(tenant, request);
    if (wallet === undefined) return refused("walletId", "is no wallet of the tenant");
    const zone = zoneClock(tenant.timezone);
    const terms = compileTerms(tenant);
    if (zone === null) return refused("tenantId", `has the unknown time zone ${tenant.timezone}`);
    if ("problem" in terms) return refused("tenantId", terms.problem);
    const place = placeOf(request, tenant.country, ranges);
    if ("ok" in place) return place;
    const from = { ...place, at: request.at, connector: request.connector, load: request.load };
    const rateCardId = request.rateCardId ?? rateCardIdOf(tenant, wallet);
    const sources = priceSources(control, tenant, wallet, from, rateCardId);
    if ("problem" in sources) return refused("rateCardId", sources.problem);
    const counters =
      request.volume === null
        ? await countersOf(wallet.walletId)
        : assumedCounters(request, zone, request.volume);
    const { eventType, channel, at, units, attributes, requestSize } = request;
    const event = { eventType, channel, at, units, attributes, requestSize };
    try {
      const charge = rate({
        ...event,
        ...place,
        ...sources,
        zone,
        terms,
        counters,
        contract: wallet.contract ?? null,
      });
      return { ok: true, charge, card: sources.card, wallet };
    } catch (error) {
      if (error instanceof Poison) return refused("eventType", error.message);
      throw error;
    }
  };
}

type Counters = ReadonlyMap<CounterKey, bigint>;

function payingWallet(
  tenant: TenantConfiguration,
  { walletId, channel }: QuoteRequest,
): WalletConfiguration | undefined {
  if (walletId === null) return walletFor(tenant, channel);
  return tenant.wallets.find((wallet) => wallet.walletId === walletId);
}

function placeOf(
  { to, country, operator, prefix }: QuoteRequest,
  home: string,
  ranges: NumberRanges,
): Pick<QuoteRequest, "country" | "operator" | "prefix"> | (Quote & { ok: false }) {
  if (to === null) return { country, operator, prefix };
  const read = readNumber(to, home);
  if (read === null)
    return refused("to", "is no phone number: write it with + and its country code, as in +14155552671");
  return {
    country: country ?? read.country,
    operator: operator ?? ranges.operator(read.number, read.country),
    prefix: prefix ?? destinationPrefix(read.number),
  };
}

/** Whether the card counts all channels together or each alone: the assumption stands for both. */
function assumedCounters({ at, units, channel }: QuoteRequest, zone: ZoneClock, volume: bigint): Counters {
  const before = volume - BigInt(units);
  const month = monthOf(zone, at);
  return new Map([
    [month, before],
    [`${month}/${channel}`, before],
  ]);
}

function refused(field: keyof QuoteRequest, message: string): Quote & { ok: false } {
  return { ok: false, field, message };
}
