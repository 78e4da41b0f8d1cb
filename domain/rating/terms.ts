import { NO_PERCENT, parsePercent, type Percent } from "#domain/money/percent.ts";
import { type CompiledTaxes, plainTax } from "#domain/tax/taxes.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";

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
  const percent = parsePercent(configuration.taxRate);
  if (percent === null) return { problem: `taxRate ${configuration.taxRate} is no percentage` };
  return termsOfTaxRate(percent);
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
