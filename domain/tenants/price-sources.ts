import { unitCost } from "#domain/cost/supplier-sheet.ts";
import type { UnitCost } from "#domain/cost/unit-cost.ts";
import type { FxQuote } from "#domain/fx/fx-quote.ts";
import { fxTerms, quoteFx } from "#domain/fx/fx-rates.ts";
import type { Percent } from "#domain/money/percent.ts";
import type { CompiledRateCard } from "#domain/rating/compiled-rate-card.ts";
import type { ControlView } from "./ports.ts";
import type { TenantConfiguration, WalletConfiguration } from "./tenant.ts";

/** An event as far as it decides where its price comes from. */
export interface PricedEvent {
  /** Epoch ms. */
  readonly at: number;
  readonly prefix: string | null;
  readonly operator: string | null;
  readonly country: string | null;
  readonly connector: string | null;
  /** The load that the event itself states; null: the platform's at `at`. */
  readonly load: Percent | null;
}

/** The snapshot of configuration that one event is priced by. */
export interface PriceSources {
  readonly card: CompiledRateCard;
  /** Null where card and wallet are of one currency. */
  readonly fx: FxQuote | null;
  readonly cost: UnitCost | null;
  readonly load: Percent | null;
}

/** The wallet that pays for a rating channel: the first that names it, else the first that names none. */
export function walletFor(tenant: TenantConfiguration, channel: string): WalletConfiguration | undefined {
  const { wallets } = tenant;
  if (wallets.length < 2) return wallets[0];
  const names = (wallet: WalletConfiguration): boolean => (wallet.channels ?? []).includes(channel);
  return wallets.find(names) ?? wallets.find(({ channels }) => (channels ?? []).length === 0) ?? wallets[0];
}

/** The card by which a wallet's events are priced. */
export function rateCardIdOf(tenant: TenantConfiguration, wallet: WalletConfiguration): string | null {
  return wallet.rateCardId ?? tenant.rateCardId;
}

/** What prices an event of a wallet; a problem says what is missing and the remedy. */
export function priceSources(
  control: Pick<ControlView, "rateCard" | "fx" | "supplier" | "load">,
  tenant: TenantConfiguration,
  wallet: WalletConfiguration,
  event: PricedEvent,
  rateCardId: string | null = rateCardIdOf(tenant, wallet),
): PriceSources | { readonly problem: string } {
  if (rateCardId === null) return { problem: `Tenant ${tenant.tenantId} has no rate card` };
  const card = control.rateCard(rateCardId, event.at);
  if (card === undefined)
    return { problem: `Rate card ${rateCardId} has no version for ${isoTime(event.at)}` };
  let fx: FxQuote | null = null;
  if (card.currency !== wallet.currency) {
    const rates = (base: string, quote: string) => control.fx(base, quote, event.at);
    const quoted = quoteFx(rates, card.currency, wallet.currency, event.at, fxTerms(tenant.fx));
    if (!quoted.ok) return { problem: `Rate card ${rateCardId}: ${quoted.message}` };
    fx = quoted.quote;
  }
  const sheet = event.connector === null ? undefined : control.supplier(event.connector, event.at);
  const cost = sheet === undefined ? null : unitCost(sheet, event, event.at);
  return { card, fx, cost, load: event.load ?? control.load(event.at) };
}

function isoTime(at: number): string {
  return Number.isNaN(new Date(at).getTime()) ? String(at) : new Date(at).toISOString();
}
