import { CASE, SETTLED_DAY, STATEMENT } from "./fake-settlements.ts";
import type { SampleRequest } from "./requests.ts";

const S = "/api/v2/settlements";

/** A request per operation of settlement. */
export const SETTLEMENT_SAMPLES: readonly SampleRequest[] = [
  {
    operation: "settlements.create",
    method: "POST",
    route: S,
    url: S,
    body: { day: SETTLED_DAY },
    status: 201,
  },
  { operation: "settlements.list", method: "GET", route: S, url: S, status: 200 },
  {
    operation: "settlements.read",
    method: "GET",
    route: `${S}/:day`,
    url: `${S}/${SETTLED_DAY}`,
    status: 200,
  },
  {
    operation: "settlements.report",
    method: "GET",
    route: `${S}/:day/report`,
    url: `${S}/${SETTLED_DAY}/report`,
    status: 200,
  },
  {
    operation: "settlements.cases",
    method: "GET",
    route: `${S}/:day/cases`,
    url: `${S}/${SETTLED_DAY}/cases`,
    status: 200,
  },
  {
    operation: "settlements.public_key",
    method: "GET",
    route: `${S}/public-key`,
    url: `${S}/public-key`,
    status: 200,
  },
  {
    operation: "settlement_cases.list",
    method: "GET",
    route: `${S}/cases`,
    url: `${S}/cases?status=open`,
    status: 200,
  },
  {
    operation: "settlement_cases.close",
    method: "POST",
    route: `${S}/cases/:id/close`,
    url: `${S}/cases/${CASE}/close`,
    body: { reason: "refunded at the provider" },
    status: 200,
  },
  {
    operation: "partner_statements.list",
    method: "GET",
    route: `${S}/statements`,
    url: `${S}/statements?status=open`,
    status: 200,
  },
  {
    operation: "partner_statements.pay",
    method: "POST",
    route: `${S}/statements/:id/payments`,
    url: `${S}/statements/${STATEMENT}/payments`,
    body: { reference: "SEPA 4711" },
    status: 200,
  },
  {
    operation: "supplier_invoices.create",
    method: "POST",
    route: `${S}/supplier-invoices`,
    url: `${S}/supplier-invoices`,
    body: {
      connector: "carrier-a",
      reference: "CA-1",
      currency: "USD",
      amount: "4510.00",
      from: "2026-11-01",
      to: "2026-11-30",
    },
    status: 201,
  },
];
