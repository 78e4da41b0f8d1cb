import type { Actor, Role } from "./actor.ts";

/** Whom an operation lets in: a role of an administration key, or a tenant on its own data. */
export type Party = Role | "tenant";

const EVERY_ROLE = ["owner", "finance", "support", "read-only"] as const;

/** Which party may do what; nothing is allowed that does not stand here. docs/rest.md shows this table, and a test compares them. */
export const PERMISSIONS = {
  "tenants.create": ["owner", "support"],
  "tenants.list": EVERY_ROLE,
  "tenants.read": [...EVERY_ROLE, "tenant"],
  "tenants.update": ["owner", "finance", "support", "tenant"],
  "wallets.create": ["owner", "finance"],
  "top_ups.create": ["owner", "finance"],
  "balance.read": [...EVERY_ROLE, "tenant"],
  "transactions.list": [...EVERY_ROLE, "tenant"],
  "transactions.read": [...EVERY_ROLE, "tenant"],
  "transactions.explain": [...EVERY_ROLE, "tenant"],
  "refunds.create": ["owner", "finance"],
  "adjustments.create": ["owner", "finance"],
  "re_ratings.create": ["owner", "finance"],
  "re_ratings.list": EVERY_ROLE,
  "re_ratings.read": EVERY_ROLE,
  "re_ratings.lines": EVERY_ROLE,
  "re_ratings.decide": ["owner", "finance"],
  // What the platform itself pays is none of a tenant's business.
  "reports.margin": ["owner", "finance", "read-only"],
  "invoices.list": [...EVERY_ROLE, "tenant"],
  "invoices.read": [...EVERY_ROLE, "tenant"],
  "invoices.pdf": [...EVERY_ROLE, "tenant"],
  "invoices.html": [...EVERY_ROLE, "tenant"],
  "invoices.ubl": [...EVERY_ROLE, "tenant"],
  "invoices.create": ["owner", "finance"],
  "invoices.credit": ["owner", "finance"],
  "invoices.resend": ["owner", "finance", "support"],
  "issuer.read": EVERY_ROLE,
  "issuer.update": ["owner", "finance"],
  "quotes.create": [...EVERY_ROLE, "tenant"],
  "rate_cards.create": ["owner", "finance"],
  "rate_cards.list": EVERY_ROLE,
  "rate_cards.read": EVERY_ROLE,
  "rate_cards.diff": EVERY_ROLE,
  "rate_cards.set_formula": ["owner", "finance"],
  "rate_sheets.create": ["owner", "finance"],
  "rate_sheets.read": EVERY_ROLE,
  "formulas.test": EVERY_ROLE,
  "fx_rates.create": ["owner", "finance"],
  "fx_rates.list": EVERY_ROLE,
  "load_signals.create": ["owner", "support"],
  "load_signals.list": EVERY_ROLE,
  "supplier_sheets.create": ["owner", "finance"],
  "supplier_sheets.read": EVERY_ROLE,
  "payments.create": ["owner", "finance", "tenant"],
  "payments.list": [...EVERY_ROLE, "tenant"],
  "payments.read": [...EVERY_ROLE, "tenant"],
  "payments.refund": ["owner", "finance"],
  "payments.transfer": ["owner", "finance"],
  "payments.cancel": ["owner", "finance"],
  // Who is suspected is not told so, nor by what signs.
  "fraud_alerts.create": ["owner", "support"],
  "fraud_cases.list": EVERY_ROLE,
  "fraud_cases.read": EVERY_ROLE,
  // But a refund is not support's to decide.
  "fraud_cases.decide": ["owner", "finance", "support"],
  "frozen_destinations.list": ["owner", "support"],
  "frozen_destinations.delete": ["owner", "support"],
  "recharge_breaker.read": EVERY_ROLE,
  "recharge_breaker.close": ["owner", "finance"],
  "workflows.list": [...EVERY_ROLE, "tenant"],
  "workflows.start": ["owner", "support"],
  "runs.list": [...EVERY_ROLE, "tenant"],
  "runs.read": [...EVERY_ROLE, "tenant"],
  "runs.result": [...EVERY_ROLE, "tenant"],
  "runs.history": [...EVERY_ROLE, "tenant"],
  "runs.query": [...EVERY_ROLE, "tenant"],
  "runs.signal": ["owner", "finance", "support"],
  "runs.update": ["owner", "finance", "support"],
  "runs.cancel": ["owner", "support"],
  "runs.terminate": ["owner"],
  "runs.reset": ["owner"],
  // Whom it is told to is the tenant's own affair.
  "webhook_endpoints.create": ["owner", "support", "tenant"],
  "webhook_endpoints.list": [...EVERY_ROLE, "tenant"],
  "webhook_endpoints.read": [...EVERY_ROLE, "tenant"],
  "webhook_endpoints.delete": ["owner", "support", "tenant"],
  "schedules.list": [...EVERY_ROLE, "tenant"],
  "schedules.read": [...EVERY_ROLE, "tenant"],
  // Which of them a flow lets in stands in its own definition.
  "schedules.create": ["owner", "finance", "support"],
  "schedules.pause": ["owner", "finance", "support"],
  "schedules.resume": ["owner", "finance", "support"],
  "schedules.trigger": ["owner", "finance", "support"],
  "schedules.backfill": ["owner", "finance", "support"],
  "schedules.delete": ["owner", "finance", "support"],
  // What partners get and carriers cost is none of a tenant's business.
  "settlements.create": ["owner", "finance"],
  "settlements.list": ["owner", "finance", "read-only"],
  "settlements.read": ["owner", "finance", "read-only"],
  "settlements.report": ["owner", "finance", "read-only"],
  "settlements.cases": ["owner", "finance", "read-only"],
  "settlements.public_key": EVERY_ROLE,
  "settlement_cases.list": ["owner", "finance", "read-only"],
  "settlement_cases.close": ["owner", "finance"],
  "partner_statements.list": ["owner", "finance", "read-only"],
  "partner_statements.pay": ["owner", "finance"],
  "supplier_invoices.create": ["owner", "finance"],
  "messages.create": ["tenant"],
  // Messages hold numbers and text: only who helps tenants or owns the platform sees them.
  "messages.list": ["owner", "support", "tenant"],
  "messages.read": ["owner", "support", "tenant"],
  "usage_events.create": ["owner", "finance"],
  "admin_keys.create": ["owner"],
  "admin_keys.list": ["owner"],
  "admin_keys.revoke": ["owner"],
  "api_keys.create": ["owner", "support", "tenant"],
  "api_keys.list": [...EVERY_ROLE, "tenant"],
  "api_keys.revoke": ["owner", "support", "tenant"],
} as const satisfies Record<string, readonly Party[]>;

export type Operation = keyof typeof PERMISSIONS;

export function partyOf(actor: Actor): Party {
  return actor.kind === "tenant" ? "tenant" : actor.role;
}

export function mayDo(actor: Actor, operation: Operation): boolean {
  return (PERMISSIONS[operation] as readonly Party[]).includes(partyOf(actor));
}

/** Which party may change which field of a tenant: what moves money is finance's, what concerns operation is support's. */
export const TENANT_FIELD_PERMISSIONS = {
  name: ["owner", "support"],
  email: ["owner", "support"],
  timezone: ["owner", "finance"],
  country: ["owner", "support"],
  tax_rate: ["owner", "finance"],
  rate_card_id: ["owner", "finance"],
  credit_limit: ["owner", "finance"],
  thresholds: ["owner", "finance", "tenant"],
  trusted_hints: ["owner"],
  status: ["owner", "support"],
  webhook: ["owner", "support", "tenant"],
  firewall: ["owner", "support", "tenant"],
  customer_since: ["owner", "finance"],
  markup_percent: ["owner", "finance"],
  promotion: ["owner", "finance"],
  partner: ["owner", "finance"],
  tax: ["owner", "finance"],
  fx: ["owner", "finance"],
  when_wallet_away: ["owner", "finance"],
  subscriptions: ["owner", "finance"],
  suspension: ["owner", "finance"],
  tax_id: ["owner", "finance"],
  billing_address: ["owner", "finance"],
  // Who is told of its balance is the tenant's own affair.
  alerts: ["owner", "support", "tenant"],
  invoicing: ["owner", "finance"],
  // A tenant changes its own method and its automatic recharge, not where its money is collected.
  payment: ["owner", "finance", "tenant"],
} as const satisfies Record<string, readonly Party[]>;

export type TenantField = keyof typeof TENANT_FIELD_PERMISSIONS;

export function mayChange(actor: Actor, field: TenantField): boolean {
  return (TENANT_FIELD_PERMISSIONS[field] as readonly Party[]).includes(partyOf(actor));
}

/** Whether the actor may learn that this tenant exists: a tenant knows of itself alone. */
export function maySee(actor: Actor, tenantId: string): boolean {
  return actor.kind === "administrator" || actor.tenantId === tenantId;
}
