import { UNITS_PER_ONE } from "#domain/money/money.ts";
import { NO_PERCENT, parsePercent, parseSignedPercent, type Percent } from "#domain/money/percent.ts";
import { type CompiledTaxes, compileTaxes, plainTax } from "#domain/tax/taxes.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { startOfDay, zoneClock } from "./zone-clock.ts";

/** What a tenant's own configuration adds to a price, compiled once. */
export interface TenantTerms {
  readonly taxes: CompiledTaxes;
  /** Epoch ms at which the tenant became a customer, for loyalty discounts; null when unknown. */
  readonly customerSince: number | null;
  /** The promotion that the tenant has redeemed; one at a time. */
  readonly promotion: { readonly code: string; readonly redeemedAt: number } | null;
  /** Signed percent on every price. */
  readonly markup: Percent;
  readonly partner: {
    readonly partnerId: string;
    readonly percent: Percent;
    readonly of: "revenue" | "margin";
  } | null;
}

export type CompiledTerms = TenantTerms | { readonly problem: string };

const known = new WeakMap<TenantConfiguration, CompiledTerms>();

/** A tenant's terms; the same object for the same configuration. A problem names the field that cannot be read. */
export function compileTerms(configuration: TenantConfiguration): CompiledTerms {
  let terms = known.get(configuration);
  if (terms === undefined) known.set(configuration, (terms = compile(configuration)));
  return terms;
}

function compile(configuration: TenantConfiguration): CompiledTerms {
  const { taxRate, tax, customerSince = null, markupPercent = "0", promotion = null } = configuration;
  const zone = zoneClock(configuration.timezone);
  if (zone === null) return { problem: `timezone ${configuration.timezone} is unknown` };
  const percent = parsePercent(taxRate);
  if (percent === null) return { problem: `taxRate ${taxRate} is no percentage` };
  const taxes = tax === undefined || tax === null ? plainTax(percent) : compileTaxes(tax, zone);
  if ("problem" in taxes) return { problem: `tax: ${taxes.problem}` };
  const since = customerSince === null ? null : startOfDay(zone, customerSince);
  if (customerSince !== null && since === null)
    return { problem: `customerSince ${customerSince} is no calendar day` };
  const markup = parseSignedPercent(markupPercent);
  if (markup === null)
    return { problem: `markupPercent ${markupPercent} is no percentage from -100 to 1000` };
  const partner = compilePartner(configuration.partner ?? null);
  if (partner !== null && "problem" in partner) return partner;
  return Object.freeze({ taxes, customerSince: since, promotion, markup, partner });
}

function compilePartner(
  partner: NonNullable<TenantConfiguration["partner"]> | null,
): TenantTerms["partner"] | { readonly problem: string } {
  if (partner === null) return null;
  const { partnerId, commissionPercent, of } = partner;
  const percent = parsePercent(commissionPercent);
  if (percent === null || percent > 100n * UNITS_PER_ONE)
    return { problem: `partner.commissionPercent ${commissionPercent} is no percentage from 0 to 100` };
  return Object.freeze({ partnerId, percent, of });
}

/** The terms of a tenant with a tax rate and nothing else. */
export function termsOfTaxRate(percent: Percent): TenantTerms {
  return Object.freeze({
    taxes: plainTax(percent),
    customerSince: null,
    promotion: null,
    markup: NO_PERCENT,
    partner: null,
  });
}
