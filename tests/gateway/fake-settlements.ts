import { money, parseMoney, type Money } from "#domain/money/money.ts";
import { DIFFERENCES } from "#domain/settlement/differences.ts";
import type { PartnerStatement } from "#domain/settlement/partner-statement.ts";
import type { SettlementCase, Settlements, StoredSupplierInvoice } from "#domain/settlement/ports.ts";
import { canonicalJson, type SettlementReport, type SignedReport } from "#domain/settlement/report.ts";
import { createReportSigner } from "#platform/settlement-signer.ts";
import { compareSupplier } from "#domain/settlement/supplier-check.ts";

export const SETTLED_DAY = "2026-11-21";
export const CASE = "01936f2e-7c1a-7000-8000-000000000051";
/** Closed by Kim before, whatever for. */
export const CLOSED_CASE = "01936f2e-7c1a-7000-8000-000000000052";
export const STATEMENT = "01936f2e-7c1a-7000-8000-000000000061";
export const SETTLEMENT_SIGNER = createReportSigner("a secret key of at least 32 characters", null);

const AT = Date.parse("2026-11-22T04:30:00Z");

/** One settled day with a case, and a statement to be paid. */
export function fakeSettlements(up: () => Promise<void>): Settlements {
  let found: SettlementCase = openCase();
  let statement: PartnerStatement = openStatement();
  const invoices = new Map<string, StoredSupplierInvoice>();
  return {
    async reports() {
      await up();
      return { rows: [signedReport()], next: null };
    },
    report: async (day) => (day === SETTLED_DAY ? signedReport() : null),
    cases: async ({ day }) => ({ rows: day === null || day === SETTLED_DAY ? [found] : [], next: null }),
    async closeCase(caseId, by) {
      if (caseId === CLOSED_CASE)
        return { kind: "closed_before", case: { ...openCase(), closing: { ...by, actor: "Kim" } } };
      if (caseId !== CASE) return { kind: "unknown" };
      found = { ...found, closing: by };
      return { kind: "closed", case: found };
    },
    statements: async () => ({ rows: [statement], next: null }),
    async payStatement(statementId, by) {
      if (statementId !== STATEMENT) return { kind: "unknown" };
      if (statement.payment !== null && statement.payment.reference !== by.reference)
        return { kind: "not_open", statement };
      statement = { ...statement, status: "paid", payment: by };
      return { kind: "paid", statement };
    },
    async addSupplierInvoice(invoice, { actor, at }) {
      const known = invoices.get(invoice.reference);
      if (known !== undefined)
        return { kind: known.amount === invoice.amount ? "compared" : "differs", invoice: known };
      const comparison = compareSupplier(invoice, parseMoney("4500") as Money);
      const stored = { ...invoice, ...comparison, actor, receivedAt: at, caseId: null };
      invoices.set(invoice.reference, stored);
      return { kind: "compared", invoice: stored };
    },
  };
}

export function settlementReport(change: Partial<SettlementReport> = {}): SettlementReport {
  return {
    v: 1,
    position: 1,
    previous: null,
    day: SETTLED_DAY,
    revision: 1,
    from: `${SETTLED_DAY}T00:00:00.000Z`,
    to: "2026-11-22T00:00:00.000Z",
    issued_at: new Date(AT).toISOString(),
    compared: { wallets: 2, cached: 1, messages: 10, invoices: 0, payments: 1 },
    currencies: {},
    invoices: [],
    providers: [],
    providers_unreachable: [],
    partners: [],
    carriers: [],
    differences: { found: 1, adjusted: 0, cases: 1, counted: 0, by_kind: {}, listed: [] },
    ...change,
  };
}

function signedReport(): SignedReport {
  const body = canonicalJson(settlementReport());
  return { position: 1, day: SETTLED_DAY, revision: 1, body, ...SETTLEMENT_SIGNER.sign(body), issuedAt: AT };
}

function openCase(): SettlementCase {
  return {
    caseId: CASE,
    kind: "payment_unrecorded",
    severity: "high",
    tenantId: null,
    walletId: null,
    subject: "pi_1",
    currency: "USD",
    amount: parseMoney("19.99"),
    explanation: "stripe collected 19.99 USD as pi_1, and no payment here has that id",
    remedy: DIFFERENCES.payment_unrecorded.remedy,
    openedBy: SETTLED_DAY,
    lastFoundBy: SETTLED_DAY,
    openedAt: AT,
    closing: null,
  };
}

function openStatement(): PartnerStatement {
  const amount = parseMoney("12.5") as Money;
  return {
    statementId: STATEMENT,
    day: SETTLED_DAY,
    partnerId: "PARTNER-1",
    currency: "USD",
    broughtForward: money(0n),
    movements: amount,
    tenants: [{ tenantId: "TENANT-001", amount }],
    amount,
    status: "open",
    payment: null,
  };
}
