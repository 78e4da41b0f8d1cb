import { createHash } from "node:crypto";
import { formatMoney, type Money, ZERO } from "#domain/money/money.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import { draftOf, hasCommitment, type Draft } from "#domain/invoicing/draft.ts";
import { type Period, periodFrom } from "#domain/invoicing/period.ts";
import type { CloseOutcome, CloseRequest, InvoiceBooks, InvoiceSummary } from "#domain/invoicing/ports.ts";
import { creditInvoice } from "./invoice-credits.ts";
import { issueDraft } from "./invoice-issue.ts";
import { type DocumentRow, INVOICE_COLUMNS, invoiceOf, type InvoiceRow, summaryOf } from "./invoice-rows.ts";
import { type ClosedRange, type ClosedUsage, readClosedUsage } from "./invoice-usage.ts";
import { storedMoney } from "./ledger-columns.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** Invoices as the flows write them (0011_invoices.sql). */
export function createInvoiceBooks(pool: Pool): InvoiceBooks {
  const summary = async (invoiceId: string): Promise<InvoiceSummary | null> => {
    const { rows } = await onPostgres(() =>
      pool.query<InvoiceRow>(`SELECT ${INVOICE_COLUMNS} FROM invoices WHERE invoice_id = $1`, [invoiceId]),
    );
    return rows[0] === undefined ? null : summaryOf(rows[0]);
  };
  return {
    close: (request) => inTransaction(pool, (client) => close(client, request)),
    async get(invoiceId) {
      const { rows } = await onPostgres(() =>
        pool.query<DocumentRow>(`SELECT document, ${INVOICE_COLUMNS} FROM invoices WHERE invoice_id = $1`, [
          invoiceId,
        ]),
      );
      return rows[0] === undefined ? null : invoiceOf(rows[0]);
    },
    issue: (invoiceId, fiscal, at) =>
      inTransaction(pool, (client) => issueDraft(client, invoiceId, { fiscal, at, actor: "invoicing" })),
    async markMailed(invoiceId, at) {
      await onPostgres(() =>
        pool.query("UPDATE invoices SET mailed_at = $2 WHERE invoice_id = $1 AND mailed_at IS NULL", [
          invoiceId,
          new Date(at),
        ]),
      );
    },
    summary,
    credit: (request) => inTransaction(pool, (client) => creditInvoice(client, request)),
  };
}

interface CloseRow {
  readonly position: number;
  readonly period_to: string;
  readonly ended_at: Date;
  readonly last_sequence: string;
  readonly free_sequence: string;
  readonly closing: string;
  readonly invoice_id: string | null;
}

async function close(client: Client, request: CloseRequest): Promise<CloseOutcome> {
  const { walletId, period } = request;
  await lockWallet(client, walletId);
  const covering = await coveringClose(client, walletId, period.to);
  if (covering !== null) return closedBefore(client, covering, request);
  const before = await lastClose(client, walletId);
  const lastSequence = await walletSequence(client, walletId);
  if (lastSequence === null) return { kind: "unknown_wallet" };
  const zone = zoneClock(period.timezone);
  if (zone === null) throw new Error(`the period is in the unknown zone ${period.timezone}`);
  // What lies between the last close and this period is closed with it: nothing falls through.
  const whole = before === null ? period : periodFrom(zone, period, before.period_to);
  const range: ClosedRange = {
    walletId,
    endedAt: whole.toAt,
    lastSequence,
    beganAt: whole.fromAt,
    before:
      before === null
        ? null
        : {
            endedAt: before.ended_at.getTime(),
            lastSequence: BigInt(before.last_sequence),
            freeSequence: BigInt(before.free_sequence),
          },
  };
  const usage = await readClosedUsage(client, range);
  const opening = before === null ? ZERO : storedMoney(before.closing);
  return record(client, request, {
    whole,
    usage,
    opening,
    lastSequence,
    position: (before?.position ?? 0) + 1,
  });
}

interface Closing {
  readonly whole: Period;
  readonly usage: ClosedUsage;
  readonly opening: Money;
  readonly lastSequence: bigint;
  readonly position: number;
}

async function record(client: Client, request: CloseRequest, closing: Closing): Promise<CloseOutcome> {
  const { tenant, walletId, issuer, at, actor } = request;
  const { whole, usage, opening } = closing;
  const wallet = tenant.wallets.find((one) => one.walletId === walletId);
  if (wallet === undefined) return { kind: "unknown_wallet" };
  const closed = (opening + usage.moved) as Money;
  const nothing =
    usage.groups.length === 0 &&
    (wallet.kind === "postpaid" || usage.moved === 0n) &&
    !hasCommitment({ tenant, wallet });
  const invoiceId = nothing ? null : invoiceIdOf(issuer.issuerId, tenant.tenantId, walletId, whole.to);
  await insertClose(client, request, closing, closed, invoiceId);
  if (invoiceId === null) return { kind: "empty" };
  const draft = draftOf({
    invoiceId,
    tenant,
    wallet,
    period: whole,
    issuer: issuer.issuer,
    groups: usage.groups,
    opening,
    credits: usage.credits,
    closing: closed,
  });
  await insertInvoice(client, request, draft, null);
  const invoice = request.issue
    ? await issueDraft(client, invoiceId, { fiscal: null, at, actor })
    : await summaryIn(client, invoiceId);
  if (invoice === null) throw new Error("an invoice was stored and is not there");
  return { kind: "invoice", invoice };
}

async function closedBefore(
  client: Client,
  { invoice_id: invoiceId }: CloseRow,
  request: CloseRequest,
): Promise<CloseOutcome> {
  if (invoiceId === null) return { kind: "empty" };
  const known = await summaryIn(client, invoiceId);
  if (known === null) throw new Error(`a close names the invoice ${invoiceId}, which is not there`);
  // A draft whose authority is asked no more: it was left by another configuration.
  const issued =
    known.status === "draft" && request.issue
      ? await issueDraft(client, invoiceId, { fiscal: null, at: request.at, actor: request.actor })
      : known;
  return { kind: "invoice", invoice: issued ?? known };
}

/** Until the transaction ends, nobody else closes a period of this wallet. */
async function lockWallet(client: Client, walletId: string): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('catalyst.invoicing:' || $1, 0))", [
    walletId,
  ]);
}

const CLOSE_COLUMNS =
  "position, period_to::text AS period_to, ended_at, last_sequence, free_sequence, closing, invoice_id";

/** The close by which the day before `to` was closed. */
async function coveringClose(client: Client, walletId: string, to: string): Promise<CloseRow | null> {
  const { rows } = await client.query<CloseRow>({
    name: "invoice-covering-close",
    text: `SELECT ${CLOSE_COLUMNS} FROM invoice_closes WHERE wallet_id = $1 AND period_to >= $2::date ORDER BY period_to LIMIT 1`,
    values: [walletId, to],
  });
  return rows[0] ?? null;
}

async function lastClose(client: Client, walletId: string): Promise<CloseRow | null> {
  const { rows } = await client.query<CloseRow>({
    name: "invoice-last-close",
    text: `SELECT ${CLOSE_COLUMNS} FROM invoice_closes WHERE wallet_id = $1 ORDER BY position DESC LIMIT 1`,
    values: [walletId],
  });
  return rows[0] ?? null;
}

/** Every entry up to it is committed, and seen by what is read after this. */
async function walletSequence(client: Client, walletId: string): Promise<bigint | null> {
  const { rows } = await client.query<{ sequence: string }>({
    name: "invoice-wallet",
    text: "SELECT sequence FROM wallets WHERE wallet_id = $1",
    values: [walletId],
  });
  return rows[0] === undefined ? null : BigInt(rows[0].sequence);
}

async function insertClose(
  client: Client,
  { tenant, walletId, actor, at }: CloseRequest,
  { whole, usage, lastSequence, position }: Closing,
  closed: Money,
  invoiceId: string | null,
): Promise<void> {
  await client.query({
    name: "invoice-close",
    text: `INSERT INTO invoice_closes (wallet_id, position, tenant_id, period_from, period_to, timezone, ended_at, last_sequence, free_sequence,
             closing, entries, invoice_id, closed_by, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    values: [
      walletId,
      position,
      tenant.tenantId,
      whole.from,
      whole.to,
      whole.timezone,
      new Date(whole.toAt),
      lastSequence.toString(),
      usage.freeSequence.toString(),
      formatMoney(closed),
      usage.entries.toString(),
      invoiceId,
      actor,
      new Date(at),
    ],
  });
}

/** @param corrects the invoice that a credit note takes back. */
export async function insertInvoice(
  client: Client,
  { issuer, at }: Pick<CloseRequest, "issuer" | "at">,
  draft: Draft,
  corrects: string | null,
): Promise<void> {
  const { document } = draft;
  await client.query({
    name: "invoice-insert",
    text: `INSERT INTO invoices (invoice_id, tenant_id, wallet_id, kind, issuer_id, issuer_version, currency, timezone, period_from, period_to,
             document, net_minor, tax_minor, due_minor, early_minor, exact_net, exact_tax, commitment_net, commitment_tax, term_days,
             early_days, early_percent, corrects, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`,
    values: [
      document.invoiceId,
      document.tenantId,
      document.walletId,
      document.kind,
      issuer.issuerId,
      issuer.version,
      document.currency,
      document.period.timezone,
      document.period.from,
      document.period.to,
      JSON.stringify(document),
      draft.netMinor.toString(),
      draft.taxMinor.toString(),
      draft.dueMinor.toString(),
      draft.earlyMinor.toString(),
      formatMoney(draft.exact.net),
      formatMoney(draft.exact.tax),
      formatMoney(draft.commitment.net),
      formatMoney(draft.commitment.tax),
      draft.termDays,
      draft.earlyDays,
      draft.earlyPercent,
      corrects,
      new Date(at),
    ],
  });
}

async function summaryIn(client: Client, invoiceId: string): Promise<InvoiceSummary | null> {
  const { rows } = await client.query<InvoiceRow>({
    name: "invoice-summary",
    text: `SELECT ${INVOICE_COLUMNS} FROM invoices WHERE invoice_id = $1`,
    values: [invoiceId],
  });
  return rows[0] === undefined ? null : summaryOf(rows[0]);
}

/** A UUID (version 8, RFC 9562) made of what makes the invoice the same one: its end says which period it is, wherever that began. */
function invoiceIdOf(issuerId: string, tenantId: string, walletId: string, to: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify(["catalyst.invoice", issuerId, tenantId, walletId, to]))
    .digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}
