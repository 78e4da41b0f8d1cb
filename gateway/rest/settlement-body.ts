import { z } from "zod";
import { formatMoney, type Money } from "#domain/money/money.ts";
import { settlementDay } from "#domain/settlement/day.ts";
import { DIFFERENCES, SEVERITIES, type DifferenceKind } from "#domain/settlement/differences.ts";
import type { PartnerStatement } from "#domain/settlement/partner-statement.ts";
import type { SettlementCase, StoredSupplierInvoice } from "#domain/settlement/ports.ts";
import type { SettlementReport, SignedReport } from "#domain/settlement/report.ts";
import { isoTime, TENANT_EXAMPLE, TIME_EXAMPLE, uuid, UUID_EXAMPLE } from "./schemas.ts";

export const DAY_EXAMPLE = "2026-11-26";

export const day = z
  .string()
  .refine((text) => settlementDay(text) !== null, "must be a day such as 2026-11-26")
  .describe("Of UTC")
  .meta({ examples: [DAY_EXAMPLE] });

export const dayParams = z.object({ day });

export const caseParams = z.object({ id: uuid.describe("The case's id") });

export const SETTLEMENT_EXAMPLE = {
  day: DAY_EXAMPLE,
  revision: 1,
  position: 42,
  hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  issued_at: "2026-11-27T04:31:07.000Z",
  wallets: 100_000,
  differences: 2,
  adjusted: 1,
  cases: 1,
};

export const settlementBody = z
  .object({
    day: z.string(),
    revision: z.int().describe("More than 1 where the day was settled again"),
    position: z.int().describe("In the chain of reports, without a gap"),
    hash: z.string(),
    issued_at: z.string(),
    wallets: z.int(),
    differences: z.int(),
    adjusted: z.int().describe("Posted as entries, or caches rebuilt"),
    cases: z.int().describe("Left to people"),
  })
  .meta({ id: "Settlement", examples: [SETTLEMENT_EXAMPLE] });

export function toSettlementBody(signed: SignedReport): z.infer<typeof settlementBody> {
  const { compared, differences } = reportOf(signed);
  return {
    day: signed.day,
    revision: signed.revision,
    position: signed.position,
    hash: signed.hash,
    issued_at: isoTime(signed.issuedAt),
    wallets: compared.wallets,
    differences: differences.found,
    adjusted: differences.adjusted,
    cases: differences.cases,
  };
}

export const signedReportBody = z
  .object({
    report: z
      .record(z.string(), z.unknown())
      .describe("What is signed, as canonical JSON: keys sorted, no spaces"),
    hash: z.string().describe("SHA-256 of it, hex"),
    signature: z.string().describe("Ed25519 over the hash's 32 bytes, base64url"),
    key_id: z.string().describe("Of GET /api/v2/settlements/public-key"),
  })
  .meta({
    id: "SettlementReport",
    examples: [
      {
        report: { v: 1, day: DAY_EXAMPLE, position: 42, revision: 1 },
        hash: SETTLEMENT_EXAMPLE.hash,
        signature: "c2lnbmF0dXJl",
        key_id: "4bc1f8a20f9e1d73",
      },
    ],
  });

export function toSignedReportBody(signed: SignedReport): z.infer<typeof signedReportBody> {
  const { hash, signature, keyId } = signed;
  return { report: { ...reportOf(signed) }, hash, signature, key_id: keyId };
}

function reportOf({ body }: SignedReport): SettlementReport {
  return JSON.parse(body) as SettlementReport;
}

const CASE_EXAMPLE = {
  case_id: UUID_EXAMPLE,
  kind: "payment_unrecorded" as const,
  severity: "high" as const,
  status: "open" as const,
  tenant_id: null,
  wallet_id: null,
  subject: "pi_3P",
  currency: "USD",
  amount: "19.99",
  explanation: "stripe collected 19.99 USD as pi_3P, and no payment here has that id",
  remedy: DIFFERENCES.payment_unrecorded.remedy,
  opened_by: DAY_EXAMPLE,
  last_found_by: DAY_EXAMPLE,
  opened_at: TIME_EXAMPLE,
  closed_at: null,
  closed_by: null,
  close_reason: null,
};

export const caseBody = z
  .object({
    case_id: z.string(),
    kind: z.enum(Object.keys(DIFFERENCES) as [DifferenceKind, ...DifferenceKind[]]),
    severity: z.enum(SEVERITIES),
    status: z.enum(["open", "closed"]),
    tenant_id: z.string().nullable(),
    wallet_id: z.string().nullable(),
    subject: z.string().describe("What it is about: a charge, an invoice, a provider's payment, a wallet"),
    currency: z.string().nullable(),
    amount: z.string().nullable(),
    explanation: z.string(),
    remedy: z.string().describe("What a person does about it"),
    opened_by: z.string().describe("The day whose settlement opened it"),
    last_found_by: z.string().describe("The last day whose settlement found it"),
    opened_at: z.string(),
    closed_at: z.string().nullable(),
    closed_by: z.string().nullable(),
    close_reason: z.string().nullable(),
  })
  .meta({ id: "SettlementCase", examples: [CASE_EXAMPLE] });

export function toCaseBody(found: SettlementCase): z.infer<typeof caseBody> {
  const { closing } = found;
  return {
    case_id: found.caseId,
    kind: found.kind,
    severity: found.severity,
    status: closing === null ? "open" : "closed",
    tenant_id: found.tenantId,
    wallet_id: found.walletId,
    subject: found.subject,
    currency: found.currency,
    amount: optional(found.amount),
    explanation: found.explanation,
    remedy: found.remedy,
    opened_by: found.openedBy,
    last_found_by: found.lastFoundBy,
    opened_at: isoTime(found.openedAt),
    closed_at: closing === null ? null : isoTime(closing.at),
    closed_by: closing?.actor ?? null,
    close_reason: closing?.reason ?? null,
  };
}

function optional(amount: Money | null): string | null {
  return amount === null ? null : formatMoney(amount);
}

export const STATEMENT_STATUSES = ["open", "carried", "paid"] as const;

export const statementParams = z.object({ id: uuid.describe("The statement's id") });

export const STATEMENT_EXAMPLE = {
  statement_id: UUID_EXAMPLE,
  day: DAY_EXAMPLE,
  partner_id: "PARTNER-1",
  currency: "USD",
  brought_forward: "0",
  movements: "12.5",
  amount: "12.5",
  tenants: [{ tenant_id: TENANT_EXAMPLE, amount: "12.5" }],
  status: "open" as const,
  paid_at: null,
  paid_by: null,
  reference: null,
};

export const statementBody = z
  .object({
    statement_id: z.string(),
    day: z.string(),
    partner_id: z.string(),
    currency: z.string(),
    brought_forward: z.string().describe("What statements before could not be paid: zero or negative"),
    movements: z.string().describe("Commissions recorded on the day, less those taken back"),
    amount: z.string().describe("brought_forward + movements"),
    tenants: z.array(z.object({ tenant_id: z.string(), amount: z.string() })),
    status: z
      .enum(STATEMENT_STATUSES)
      .describe("open: to be paid; carried: nothing is owed, the next one begins with it"),
    paid_at: z.string().nullable(),
    paid_by: z.string().nullable(),
    reference: z.string().nullable().describe("Of the payment"),
  })
  .meta({ id: "PartnerStatement", examples: [STATEMENT_EXAMPLE] });

export function toStatementBody(statement: PartnerStatement): z.infer<typeof statementBody> {
  const { payment } = statement;
  return {
    statement_id: statement.statementId,
    day: statement.day,
    partner_id: statement.partnerId,
    currency: statement.currency,
    brought_forward: formatMoney(statement.broughtForward),
    movements: formatMoney(statement.movements),
    amount: formatMoney(statement.amount),
    tenants: statement.tenants.map(({ tenantId, amount }) => ({
      tenant_id: tenantId,
      amount: formatMoney(amount),
    })),
    status: statement.status,
    paid_at: payment === null ? null : isoTime(payment.at),
    paid_by: payment?.actor ?? null,
    reference: payment?.reference ?? null,
  };
}

const SUPPLIER_INVOICE_EXAMPLE = {
  invoice_id: UUID_EXAMPLE,
  connector: "carrier-a",
  reference: "CA-2026-11",
  currency: "USD",
  from: "2026-11-01",
  to: "2026-11-30",
  amount: "4510.00",
  our_cost: "4500",
  difference: "10",
  outcome: "posted" as const,
  case_id: null,
  received_at: TIME_EXAMPLE,
  actor: "Finance",
};

export const supplierInvoiceBody = z
  .object({
    invoice_id: z.string(),
    connector: z.string(),
    reference: z.string(),
    currency: z.string(),
    from: z.string(),
    to: z.string(),
    amount: z.string().describe("What the carrier asks"),
    our_cost: z.string().describe("What our charges of the period cost by our own sheets"),
    difference: z.string().describe("amount − our_cost"),
    outcome: z
      .enum(["matched", "posted", "case"])
      .describe("posted: within one percent, our cost follows; case: beyond it, a person compares"),
    case_id: z.string().nullable(),
    received_at: z.string(),
    actor: z.string(),
  })
  .meta({ id: "SupplierInvoice", examples: [SUPPLIER_INVOICE_EXAMPLE] });

export function toSupplierInvoiceBody(invoice: StoredSupplierInvoice): z.infer<typeof supplierInvoiceBody> {
  return {
    invoice_id: invoice.invoiceId,
    connector: invoice.connector,
    reference: invoice.reference,
    currency: invoice.currency,
    from: invoice.from,
    to: invoice.to,
    amount: formatMoney(invoice.amount),
    our_cost: formatMoney(invoice.ourCost),
    difference: formatMoney(invoice.difference),
    outcome: invoice.outcome,
    case_id: invoice.caseId,
    received_at: isoTime(invoice.receivedAt),
    actor: invoice.actor,
  };
}
