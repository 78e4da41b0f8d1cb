import { PAYMENT_1, PAYMENT_2 } from "./fake-payments.ts";
import type { SampleRequest } from "./requests.ts";

const P = "/api/v2/payments";

export const PAYMENT_SAMPLES: readonly SampleRequest[] = [
  {
    operation: "payments.create",
    method: "POST",
    route: "/api/v2/tenants/:id/payments",
    url: "/api/v2/tenants/TENANT-001/payments",
    foreignUrl: "/api/v2/tenants/TENANT-002/payments",
    body: { amount: "19.99" },
    status: 202,
  },
  {
    operation: "payments.list",
    method: "GET",
    route: P,
    url: `${P}?tenant_id=TENANT-001`,
    foreignUrl: `${P}?tenant_id=TENANT-002`,
    status: 200,
  },
  {
    operation: "payments.read",
    method: "GET",
    route: `${P}/:id`,
    url: `${P}/${PAYMENT_1}`,
    foreignUrl: `${P}/${PAYMENT_2}`,
    status: 200,
  },
  {
    operation: "payments.refund",
    method: "POST",
    route: `${P}/:id/refunds`,
    url: `${P}/${PAYMENT_1}/refunds`,
    body: { amount: "5.00", reason: "complaint 4711" },
    status: 202,
  },
  {
    operation: "payments.transfer",
    method: "POST",
    route: `${P}/:id/bank-transfers`,
    url: `${P}/${PAYMENT_1}/bank-transfers`,
    body: { amount: "19.99", reference: "B-0042" },
    status: 202,
  },
  {
    operation: "payments.cancel",
    method: "POST",
    route: `${P}/:id/cancel`,
    url: `${P}/${PAYMENT_1}/cancel`,
    body: { reason: "paid in cash" },
    status: 200,
  },
  {
    operation: "recharge_breaker.read",
    method: "GET",
    route: "/api/v2/recharge-breaker",
    url: "/api/v2/recharge-breaker",
    status: 200,
  },
  {
    operation: "recharge_breaker.close",
    method: "POST",
    route: "/api/v2/recharge-breaker/close",
    url: "/api/v2/recharge-breaker/close",
    body: { reason: "the ledger is right" },
    status: 200,
  },
];
