import { z } from "zod";
import { minorUnits } from "#domain/money/allocate.ts";
import type { Invoice } from "#domain/invoicing/invoice.ts";
import { minorText } from "#domain/invoicing/minor-units.ts";
import { INVOICE_STATUSES, type ListedInvoice } from "#domain/invoicing/reads.ts";
import type { FastifyRequest } from "fastify";
import { actorOf } from "./authenticate.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import { ProblemError } from "./problems.ts";
import { isoTime, TENANT_EXAMPLE, TIME_EXAMPLE, uuid, UUID_EXAMPLE } from "./schemas.ts";
import { scopeOf } from "./tenant-access.ts";

export const invoiceParams = z.object({ id: uuid.describe("The invoice's id") });

const summary = z.object({
  invoice_id: z.string(),
  number: z.string(),
  kind: z.enum(["invoice", "statement", "credit_note"]),
  status: z
    .enum(INVOICE_STATUSES)
    .describe("nothing_due: of statements, credit notes and what is in the customer's favour"),
  tenant_id: z.string(),
  wallet_id: z.string(),
  currency: z.string(),
  period: z.object({
    from: z.string(),
    to: z.string().describe("The first day after it"),
    timezone: z.string(),
  }),
  total: z.string(),
  paid: z.string(),
  credited: z.string().describe("By credit notes"),
  discounted: z.string().describe("For paying early"),
  open: z.string().describe("Still to be paid"),
  issued_on: z.string(),
  due_on: z.string().nullable(),
  issued_at: z.string(),
});

export const INVOICE_EXAMPLE: z.infer<typeof summary> = {
  invoice_id: UUID_EXAMPLE,
  number: "INV-2026-000042",
  kind: "invoice",
  status: "open",
  tenant_id: TENANT_EXAMPLE,
  wallet_id: UUID_EXAMPLE,
  currency: "USD",
  period: { from: "2026-11-27", to: "2026-11-28", timezone: "America/New_York" },
  total: "0.10",
  paid: "0.00",
  credited: "0.00",
  discounted: "0.00",
  open: "0.10",
  issued_on: "2026-11-28",
  due_on: "2026-12-12",
  issued_at: TIME_EXAMPLE,
};

export const invoiceSummaryBody = summary.meta({ id: "InvoiceSummary", examples: [INVOICE_EXAMPLE] });

export function toInvoiceSummary({ standing, ...listed }: ListedInvoice): z.infer<typeof summary> {
  const text = (minor: bigint): string => minorText(minor, minorUnits(standing.currency));
  return {
    invoice_id: standing.invoiceId,
    number: standing.number,
    kind: standing.kind,
    status: listed.status,
    tenant_id: standing.tenantId,
    wallet_id: standing.walletId,
    currency: standing.currency,
    period: listed.period,
    total: text(standing.totalMinor),
    paid: text(standing.paidMinor),
    credited: text(standing.creditedMinor),
    discounted: text(standing.discountedMinor),
    open: text(standing.openMinor),
    issued_on: listed.issuedOn,
    due_on: listed.dueOn,
    issued_at: isoTime(listed.issuedAt),
  };
}

const party = z.object({
  name: z.string(),
  address_lines: z.array(z.string()),
  country: z.string(),
  tax_id: z.string().nullable(),
  email: z.string().nullable(),
});

const whole = summary.extend({
  issuer: party,
  customer: party,
  lines: z.array(
    z.object({
      position: z.int(),
      description: z.string(),
      channel: z.string(),
      event_type: z.string(),
      quantity: z.string(),
      unit_rate: z.string().describe("Before discounts, exact"),
      discount: z.string().describe("Exact"),
      amount: z.string().describe("Net, rounded so that lines add up"),
      tax_category: z.string().nullable(),
      late: z.boolean().describe("Of an earlier period, which was closed when they came"),
    }),
  ),
  taxes: z.array(
    z.object({
      name: z.string(),
      percent: z.string(),
      jurisdiction: z.string().nullable(),
      net: z.string(),
      amount: z.string(),
      note: z.string().nullable().describe("Why it is not levied"),
    }),
  ),
  net_total: z.string(),
  tax_total: z.string(),
  early_payment: z.object({ percent: z.string(), amount: z.string(), until: z.string() }).nullable(),
  balance: z
    .object({ opening: z.string(), credits: z.string(), charges: z.string(), closing: z.string() })
    .nullable()
    .describe("Of a statement"),
  corrects: z.object({ number: z.string(), reason: z.string() }).nullable().describe("Of a credit note"),
  fiscal: z.object({ authority: z.string(), reference: z.string(), qr: z.string().nullable() }).nullable(),
  notes: z.array(z.string()),
});

const WHOLE_EXAMPLE: z.infer<typeof whole> = {
  ...INVOICE_EXAMPLE,
  issuer: {
    name: "Example Telecom Ltd",
    address_lines: ["1 Exchange Square", "London EC2A 2JN"],
    country: "GB",
    tax_id: "GB123456789",
    email: "billing@telecom.example",
  },
  customer: {
    name: "Acme Messaging",
    address_lines: ["1 Main Street", "New York, NY 10001"],
    country: "US",
    tax_id: null,
    email: "ops@acme.example",
  },
  lines: [
    {
      position: 1,
      description: "USSD Session - 3 interactions",
      channel: "ussd",
      event_type: "ussd.session",
      quantity: "1",
      unit_rate: "0.09",
      discount: "0",
      amount: "0.09",
      tax_category: "Tax",
      late: false,
    },
  ],
  taxes: [{ name: "Tax", percent: "8", jurisdiction: null, net: "0.09", amount: "0.01", note: null }],
  net_total: "0.09",
  tax_total: "0.01",
  early_payment: null,
  balance: null,
  corrects: null,
  fiscal: null,
  notes: [],
};

export const invoiceBody = whole.meta({ id: "Invoice", examples: [WHOLE_EXAMPLE] });

export function toInvoiceBody(invoice: Invoice, listed: ListedInvoice): z.infer<typeof whole> {
  return {
    ...toInvoiceSummary(listed),
    issuer: toParty(invoice.issuer),
    customer: toParty(invoice.customer),
    lines: invoice.lines.map((line) => ({
      position: line.position,
      description: line.description,
      channel: line.channel,
      event_type: line.eventType,
      quantity: line.quantity,
      unit_rate: line.unitRate,
      discount: line.discount,
      amount: line.amount,
      tax_category: line.taxCategory,
      late: line.late,
    })),
    taxes: invoice.taxes.map((tax) => ({ ...tax })),
    net_total: invoice.netTotal,
    tax_total: invoice.taxTotal,
    early_payment: invoice.earlyPayment,
    balance: invoice.balance,
    corrects: invoice.corrects,
    fiscal: invoice.fiscal,
    notes: [...invoice.notes],
  };
}

function toParty({ name, addressLines, country, taxId, email }: Invoice["issuer"]): z.infer<typeof party> {
  return { name, address_lines: [...addressLines], country, tax_id: taxId, email };
}

/** The invoice named in the address, if the actor may see it: a tenant sees its own alone. Throws `not_found`. */
export async function visibleInvoice(
  request: FastifyRequest,
  { invoicing, clock }: Pick<GatewayDependencies, "invoicing" | "clock">,
  invoiceId: string,
): Promise<{ readonly invoice: Invoice; readonly listed: ListedInvoice }> {
  const found = await invoicing.reads.get(scopeOf(actorOf(request)), invoiceId, clock.now());
  if (found === null) throw new ProblemError("not_found", `There is no invoice ${invoiceId}.`);
  return found;
}
