import { expect } from "@jest/globals";
import { located, type Samples } from "./sample.ts";

const noCard = { error: "There is no rate card RC-NOBODY.", code: "not_found" };
const wrongCard = { rateCardId: { value: "RC-NOBODY" } };
const wrongFormula = { formula: "rate * * 2" };

export const priceSamples: Samples = {
  "rateCard.create": ({ newCard }) => ({
    parameters: {
      source: "fields",
      rateCardId: newCard,
      name: "Drawn in n8n",
      currency: "USD",
      effectiveDate: "2024-01-01",
      timezone: "UTC",
      rates: {
        rate: [
          { channel: "sms", kind: "base", key: "", price: "0.020000000000000001" },
          { channel: "sms", kind: "operator", key: "Verizon", price: "0.03" },
        ],
      },
    },
    wrong: { rates: { rate: [{ price: "free" }] } },
    error:
      'rates.sms.base_rate: must be a price from 0 to 1000000000000 with at most 18 decimals, not "free"',
    code: "validation_failed",
    output: [
      {
        rate_card: { rate_card_id: newCard, version: 1, name: "Drawn in n8n", currency: "USD" },
        warnings: [],
        link: null,
      },
    ],
  }),
  "rateCard.setFormula": ({ newCard }) => ({
    parameters: { rateCardId: located(newCard), eventType: "sms.delivered", formula: "rate * 2" },
    wrong: wrongFormula,
    error: "rates.sms.formula: cannot be read: Value expected (char 8)",
    code: "validation_failed",
    output: [{ rate_card: { rate_card_id: newCard, version: 2 }, warnings: [], link: null }],
  }),
  "rateCard.get": ({ newCard }) => ({
    parameters: { rateCardId: located(newCard) },
    wrong: wrongCard,
    ...noCard,
    output: [
      {
        rate_card: { rate_card_id: newCard, version: 2 },
        source: expect.stringContaining("0.020000000000000001"),
        versions: [{ version: 2 }, { version: 1 }],
        link: null,
      },
    ],
  }),
  "rateCard.diff": ({ newCard }) => ({
    parameters: { rateCardId: located(newCard), from: 1, to: 2 },
    wrong: { to: 9 },
    error: `Rate card ${newCard} has the versions 1 to 2.`,
    code: "not_found",
    output: [
      {
        rate_card_id: newCard,
        from: 1,
        to: 2,
        changes: [{ path: "rates.sms.formula", before: null, after: '"rate * 2"' }],
        link: null,
      },
    ],
  }),
  "rateCard.testFormula": () => ({
    parameters: {
      formula: "volume >= 1000 ? rate * 0.9 : rate",
      cases: {
        case: [
          {
            variables: {
              variable: [
                { name: "rate", value: "0.015" },
                { name: "volume", value: "50000" },
              ],
            },
          },
        ],
      },
    },
    wrong: wrongFormula,
    error: "formula: cannot be read: Value expected (char 8)",
    code: "validation_failed",
    output: [{ results: [{ amount: "0.0135", exact: true, problem: null }], link: null }],
  }),
  "quote.create": ({ main }) => ({
    parameters: {
      tenantId: located(main),
      eventType: "sms.delivered",
      channel: "sms",
      additionalFields: { units: 3, destination: "GB" },
    },
    wrong: { channel: "pigeon" },
    error: /^channel: must be one of sms, ussd, .*compute$/,
    code: "validation_failed",
    output: [
      {
        tenant_id: main,
        rate_card_id: `RC-${main}`,
        priced: true,
        charge: { total: "0.09" },
        link: null,
      },
    ],
  }),
};

const noMessage = "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f";

export const messageSamples: Samples = {
  "message.send": () => ({
    parameters: {
      channel: "sms",
      from: "ACME",
      to: "+12025550143",
      text: "Sent from n8n",
      options: { reference: "order 7" },
    },
    wrong: { to: "nobody" },
    error: "to is no phone number: write it with + and its country code, as in +14155552671.",
    code: "message_refused",
    output: [{ status: "accepted", parts: 1, reference: "order 7", link: null }],
    byTenant: true,
  }),
  "message.get": ({ sender, messageId }) => ({
    parameters: { messageId },
    wrong: { messageId: noMessage },
    error: `There is no message ${noMessage}.`,
    code: "not_found",
    output: [
      {
        message_id: messageId,
        tenant_id: sender,
        state: "delivered",
        text: "The first one",
        link: null,
      },
    ],
  }),
};

export const fraudSamples: Samples = {
  "fraudCase.list": ({ main, caseId, link }) => ({
    parameters: { tenantId: located(main), filters: { status: "open", severity: "high" } },
    wrong: { filters: { severity: "mild" } },
    error: "query.severity: must be one of low, medium, high, critical",
    code: "validation_failed",
    output: [
      {
        case_id: caseId,
        tenant_id: main,
        status: "open",
        link: link(`fraud-${main}-traffic_pumping`),
      },
    ],
  }),
  "fraudCase.decide": ({ main, caseId, link }) => ({
    parameters: { caseId: located(caseId), decision: "release", reason: "a campaign", note: "announced" },
    wrong: { caseId: { value: "FC-1999-000001" } },
    error: "There is no fraud case FC-1999-000001.",
    code: "not_found",
    output: [
      {
        case_id: caseId,
        decision: { decision: "release", decided_by: "owner", reason: "a campaign", note: "announced" },
        link: link(`fraud-${main}-traffic_pumping`),
      },
    ],
  }),
};
