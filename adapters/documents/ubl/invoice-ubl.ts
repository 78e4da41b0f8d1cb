import type { Invoice, InvoiceLine } from "#domain/invoicing/invoice.ts";
import { dayBefore } from "../content/formats.ts";
import { decimalOf, decimalsOf, roundedUnits, unitsOf } from "../content/decimals.ts";
import { linePrice } from "./line-price.ts";
import { partyXml } from "./party-xml.ts";
import { taxBreakdown, type TaxBreakdown, type TaxCategory } from "./tax-categories.ts";
import { branch, leaf, type Xml, xmlDocument } from "./xml.ts";

const NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd";
const CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0";
const PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";
/** UNCL1001: commercial invoice, credit note. */
const INVOICE_TYPE = "380";
const CREDIT_NOTE_TYPE = "381";
/** UNCL4461: instrument not defined; how it is paid stands in the terms. */
const PAYMENT_MEANS = "1";
/** UN/ECE recommendation 20: one. */
const UNIT = "C62";

/** How amounts are written: places of the currency, and whether a credit note's minus is left out. */
interface Amounts {
  readonly currency: string;
  readonly decimals: number;
  readonly sign: 1n | -1n;
  units(decimal: string): bigint;
  amount(name: string, units: bigint): Xml;
}

/**
 * UBL 2.1 by Peppol BIS Billing 3.0 (EN 16931). A statement is an invoice that was paid in advance. Amounts of a credit note are positive there,
 * whatever their sign here.
 */
export function invoiceUbl(invoice: Invoice): string {
  const credit = invoice.kind === "credit_note";
  const root = credit ? "CreditNote" : "Invoice";
  const amounts = amountsOf(invoice);
  const breakdown = taxBreakdown(invoice, amounts.decimals);
  return xmlDocument(
    root,
    {
      xmlns: `${NAMESPACE}:${root}-2`,
      "xmlns:cac": `${NAMESPACE}:CommonAggregateComponents-2`,
      "xmlns:cbc": `${NAMESPACE}:CommonBasicComponents-2`,
    },
    headXml(invoice, credit),
    referencesXml(invoice),
    partyXml("cac:AccountingSupplierParty", invoice.issuer, breakdown.subtotals),
    partyXml("cac:AccountingCustomerParty", invoice.customer, breakdown.subtotals),
    paymentXml(invoice, credit, amounts),
    taxTotalXml(breakdown, amounts),
    monetaryTotalXml(invoice, breakdown, amounts),
    ...invoice.lines.map((line) => lineXml(line, credit, breakdown, amounts)),
  );
}

function amountsOf({ currency, kind, total, lines, netTotal, amountDue }: Invoice): Amounts {
  const decimals = Math.max(
    ...[total, netTotal, amountDue].map(decimalsOf),
    lines.reduce((most, { amount }) => Math.max(most, decimalsOf(amount)), 0),
  );
  const sign = kind === "credit_note" && total.startsWith("-") ? -1n : 1n;
  return {
    currency,
    decimals,
    sign,
    units: (decimal) => unitsOf(decimal, decimals),
    amount: (name, units) => leaf(name, decimalOf(sign * units, decimals), { currencyID: currency }),
  };
}

function headXml(invoice: Invoice, credit: boolean): Xml {
  const reason = invoice.corrects === null ? [] : [invoice.corrects.reason];
  return [
    ...leaf("cbc:CustomizationID", CUSTOMIZATION),
    ...leaf("cbc:ProfileID", PROFILE),
    ...leaf("cbc:ID", invoice.number),
    ...leaf("cbc:IssueDate", invoice.issuedOn),
    ...(credit ? [] : leaf("cbc:DueDate", invoice.dueOn)),
    ...(credit
      ? leaf("cbc:CreditNoteTypeCode", CREDIT_NOTE_TYPE)
      : leaf("cbc:InvoiceTypeCode", INVOICE_TYPE)),
    // One note at most (PEPPOL-EN16931-R002).
    ...leaf("cbc:Note", [...reason, ...invoice.notes].join(" / ")),
    ...leaf("cbc:DocumentCurrencyCode", invoice.currency),
    ...leaf("cbc:BuyerReference", invoice.tenantId),
    ...branch(
      "cac:InvoicePeriod",
      leaf("cbc:StartDate", invoice.period.from),
      leaf("cbc:EndDate", dayBefore(invoice.period.to)),
    ),
  ];
}

function referencesXml({ corrects, fiscal }: Invoice): Xml {
  return [
    ...branch(
      "cac:BillingReference",
      branch("cac:InvoiceDocumentReference", leaf("cbc:ID", corrects?.number ?? null)),
    ),
    ...branch(
      "cac:AdditionalDocumentReference",
      leaf("cbc:ID", fiscal?.reference ?? null),
      leaf("cbc:DocumentDescription", fiscal?.authority ?? null),
    ),
  ];
}

function paymentXml(invoice: Invoice, credit: boolean, { currency }: Amounts): Xml {
  if (credit || invoice.kind === "statement") return [];
  const { earlyPayment, paymentUrl, dueOn } = invoice;
  const terms = [
    ...(dueOn === null ? [] : [`Due ${dueOn}`]),
    ...(earlyPayment === null
      ? []
      : [
          `${earlyPayment.percent} % (${earlyPayment.amount} ${currency}) off if paid by ${earlyPayment.until}`,
        ]),
    ...(paymentUrl === null ? [] : [`Pay online: ${paymentUrl}`]),
  ];
  return [
    ...branch(
      "cac:PaymentMeans",
      leaf("cbc:PaymentMeansCode", PAYMENT_MEANS),
      leaf("cbc:PaymentID", invoice.number),
    ),
    ...branch("cac:PaymentTerms", leaf("cbc:Note", terms.join(". "))),
  ];
}

function taxTotalXml({ subtotals }: TaxBreakdown, { amount }: Amounts): Xml {
  return branch(
    "cac:TaxTotal",
    amount("cbc:TaxAmount", taxOf(subtotals)),
    ...subtotals.map((subtotal) =>
      branch(
        "cac:TaxSubtotal",
        amount("cbc:TaxableAmount", subtotal.taxable),
        amount("cbc:TaxAmount", subtotal.tax),
        categoryXml("cac:TaxCategory", subtotal, true),
      ),
    ),
  );
}

function monetaryTotalXml(invoice: Invoice, { subtotals }: TaxBreakdown, amounts: Amounts): Xml {
  const { amount, units } = amounts;
  const net = invoice.lines.reduce((sum, line) => sum + units(line.amount), 0n);
  const total = net + taxOf(subtotals);
  const payable = invoice.kind === "credit_note" ? total : units(invoice.amountDue);
  return branch(
    "cac:LegalMonetaryTotal",
    amount("cbc:LineExtensionAmount", net),
    amount("cbc:TaxExclusiveAmount", net),
    amount("cbc:TaxInclusiveAmount", total),
    total === payable ? [] : amount("cbc:PrepaidAmount", total - payable),
    amount("cbc:PayableAmount", payable),
  );
}

function lineXml(line: InvoiceLine, credit: boolean, breakdown: TaxBreakdown, amounts: Amounts): Xml {
  const { sign, decimals } = amounts;
  const discount = sign * roundedUnits(line.discount, decimals);
  const gross = sign * amounts.units(line.amount) + discount;
  const { quantity, price, base } = linePrice(line, gross, decimals);
  return branch(
    credit ? "cac:CreditNoteLine" : "cac:InvoiceLine",
    leaf("cbc:ID", String(line.position)),
    leaf("cbc:Note", line.late ? "Usage of an earlier period" : null),
    leaf(credit ? "cbc:CreditedQuantity" : "cbc:InvoicedQuantity", quantity, { unitCode: UNIT }),
    amounts.amount("cbc:LineExtensionAmount", amounts.units(line.amount)),
    discount === 0n ? [] : discountXml(discount, amounts),
    branch(
      "cac:Item",
      leaf("cbc:Name", line.description),
      branch("cac:SellersItemIdentification", leaf("cbc:ID", line.eventType)),
      categoryXml("cac:ClassifiedTaxCategory", breakdown.categoryOf(line.taxCategory), false),
    ),
    branch(
      "cac:Price",
      leaf("cbc:PriceAmount", price, { currencyID: amounts.currency }),
      leaf("cbc:BaseQuantity", base, { unitCode: UNIT }),
    ),
  );
}

function discountXml(discount: bigint, { currency, decimals }: Amounts): Xml {
  const size = discount < 0n ? -discount : discount;
  return branch(
    "cac:AllowanceCharge",
    leaf("cbc:ChargeIndicator", String(discount < 0n)),
    leaf("cbc:AllowanceChargeReason", discount < 0n ? "Surcharge" : "Discount"),
    leaf("cbc:Amount", decimalOf(size, decimals), { currencyID: currency }),
  );
}

function categoryXml(name: string, { code, percent, reason }: TaxCategory, reasons: boolean): Xml {
  return branch(
    name,
    leaf("cbc:ID", code),
    leaf("cbc:Percent", percent),
    leaf("cbc:TaxExemptionReason", reasons ? reason : null),
    branch("cac:TaxScheme", leaf("cbc:ID", "VAT")),
  );
}

function taxOf(subtotals: TaxBreakdown["subtotals"]): bigint {
  return subtotals.reduce((sum, { tax }) => sum + tax, 0n);
}
