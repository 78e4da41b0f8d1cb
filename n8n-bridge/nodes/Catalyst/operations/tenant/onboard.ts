import type { IDataObject, INodeProperties } from "n8n-workflow";
import { rateCard } from "../../../fields/locators";
import { call, given } from "../../../gateway/call";
import { effectHeaders } from "../../../gateway/idempotency";
import { isObject } from "../../../gateway/problem";
import { linked, type Operation } from "../../operation";
import { collection, idempotencyKeyField, lines, text } from "../../parameters";

const identity: INodeProperties[] = [
  {
    displayName: "Tenant ID",
    name: "tenantId",
    type: "string",
    required: true,
    default: "",
    placeholder: "TENANT-001",
    description: "1 to 64 letters, digits, dots, dashes or underscores",
  },
  {
    displayName: "Name",
    name: "name",
    type: "string",
    required: true,
    default: "",
    placeholder: "Acme Messaging",
  },
  {
    displayName: "Email",
    name: "email",
    type: "string",
    default: "",
    placeholder: "name@email.com",
    description: "Where notices and invoices go; empty: no welcome mail",
  },
];

const more: INodeProperties = {
  displayName: "Additional Fields",
  name: "additionalFields",
  type: "collection",
  placeholder: "Add field",
  default: {},
  options: [
    {
      displayName: "Allow Duplicate",
      name: "allowDuplicate",
      type: "boolean",
      default: false,
      description: "Whether another open tenant may have the same tax ID, or the same name and mail address",
    },
    {
      displayName: "Billing Address",
      name: "billingAddress",
      type: "string",
      typeOptions: { rows: 3 },
      default: "",
      description: "Line by line, as it is printed; up to 8 lines",
    },
    {
      displayName: "Blocked Keywords",
      name: "blockedKeywords",
      type: "string",
      typeOptions: { rows: 3 },
      default: "",
      description: "One a line: what the firewall refuses",
    },
    {
      displayName: "Country",
      name: "country",
      type: "string",
      default: "US",
      description: "ISO 3166-1, two letters",
    },
    {
      displayName: "Credit Limit",
      name: "creditLimit",
      type: "string",
      default: "0",
      description: "Of postpaid ones",
    },
    {
      displayName: "Critical Balance",
      name: "critical",
      type: "string",
      default: "",
      placeholder: "1",
      description: 'At which the tenant is suspended: an amount, or a percentage such as "5%"',
    },
    { displayName: "Currency", name: "currency", type: "string", default: "USD", description: "ISO 4217" },
    idempotencyKeyField,
    {
      displayName: "Kind",
      name: "kind",
      type: "options",
      options: [
        { name: "Postpaid", value: "postpaid" },
        { name: "Prepaid", value: "prepaid" },
      ],
      default: "prepaid",
    },
    {
      displayName: "KYC Deadline (Seconds)",
      name: "kycDeadlineSeconds",
      type: "number",
      typeOptions: { minValue: 60, maxValue: 7776000 },
      default: 604800,
      description: "Without an answer by then the tenant is rejected",
    },
    {
      displayName: "KYC Required",
      name: "kycRequired",
      type: "boolean",
      default: true,
      description: "Whether a person approves the tenant before it opens",
    },
    {
      displayName: "Low Balance",
      name: "low",
      type: "string",
      default: "",
      placeholder: "10",
      description: 'At which the tenant is warned: an amount, or a percentage such as "15%"',
    },
    {
      displayName: "Messages per Destination and Minute",
      name: "perDestinationPerMinute",
      type: "number",
      typeOptions: { minValue: 1 },
      default: 5,
      description: "The firewall's limit",
    },
    {
      displayName: "Payment Provider",
      name: "paymentProvider",
      type: "options",
      options: [
        { name: "PayPal", value: "paypal" },
        { name: "Stripe", value: "stripe" },
      ],
      default: "stripe",
      description: "Where it becomes a customer; without one it pays by bank transfer",
    },
    { ...rateCard, required: false, description: "Card to attach; without one it gets one later" },
    { displayName: "SMPP System ID", name: "smppSystemId", type: "string", default: "" },
    {
      displayName: "Tax ID",
      name: "taxId",
      type: "string",
      default: "",
      description: "Checked by the country's rule",
    },
    { displayName: "Tax Rate", name: "taxRate", type: "string", default: "0", description: "Percent" },
    { displayName: "Time Zone", name: "timezone", type: "string", default: "UTC", description: "IANA name" },
    {
      displayName: "Trusted Hints",
      name: "trustedHints",
      type: "boolean",
      default: false,
      description: "Whether the tenant's own country and operator are believed",
    },
    {
      displayName: "Webhook URL",
      name: "webhookUrl",
      type: "string",
      default: "",
      description: "Where its notifications go; their signing secret is in the output, once",
    },
  ],
};

export const onboard: Operation = {
  name: "Onboard",
  value: "onboard",
  action: "Onboard a tenant",
  description:
    "Create a tenant with wallet, API key, SMPP account and invoice schedule. Its secrets are in the output, once.",
  fields: [...identity, more],
  run: async (context, item) => {
    const fields = collection(context, "additionalFields", item);
    const answer = await call(context, {
      method: "POST",
      url: "/api/v2/tenants",
      headers: effectHeaders(context, item, fields.idempotencyKey),
      body: {
        tenant_id: text(context, "tenantId", item),
        name: text(context, "name", item),
        ...given({ email: text(context, "email", item), ...settings(fields) }),
      },
      item,
    });
    return [linked(answer, isObject(answer.workflow) ? answer.workflow.url : null)];
  },
};

function settings(fields: IDataObject): IDataObject {
  const { kycRequired, kycDeadlineSeconds, low, critical, blockedKeywords, perDestinationPerMinute } = fields;
  const keywords = lines(blockedKeywords);
  const address = lines(fields.billingAddress);
  return {
    currency: fields.currency,
    timezone: fields.timezone,
    country: fields.country,
    tax_rate: fields.taxRate,
    rate_card_id: isObject(fields.rateCardId) ? (fields.rateCardId.value as string) : fields.rateCardId,
    kind: fields.kind,
    credit_limit: fields.creditLimit,
    trusted_hints: fields.trustedHints,
    smpp_system_id: fields.smppSystemId,
    tax_id: fields.taxId,
    allow_duplicate: fields.allowDuplicate,
    payment_provider: fields.paymentProvider,
    ...(address.length === 0 ? {} : { billing_address: address }),
    ...(fields.webhookUrl ? { webhook: { url: fields.webhookUrl } } : {}),
    ...(low || critical ? { thresholds: given({ low, critical }) } : {}),
    ...(keywords.length > 0 || perDestinationPerMinute
      ? {
          firewall: given({
            blocked_keywords: keywords,
            per_destination_per_minute: perDestinationPerMinute,
          }),
        }
      : {}),
    ...(kycRequired === undefined
      ? {}
      : { kyc: given({ required: kycRequired, deadline_seconds: kycDeadlineSeconds }) }),
  };
}
