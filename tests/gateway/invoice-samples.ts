import { INVOICE_1, INVOICE_2 } from "./fake-invoices.ts";
import type { SampleRequest } from "./requests.ts";

const I = "/api/v2/invoices";
const T = "/api/v2/tenants";

const document = (name: "pdf" | "html" | "ubl"): SampleRequest => ({
  operation: `invoices.${name}`,
  method: "GET",
  route: `${I}/:id/${name}`,
  url: `${I}/${INVOICE_1}/${name}`,
  foreignUrl: `${I}/${INVOICE_2}/${name}`,
  status: 200,
});

export const INVOICE_SAMPLES: readonly SampleRequest[] = [
  {
    operation: "invoices.list",
    method: "GET",
    route: I,
    url: `${I}?tenant_id=TENANT-001`,
    foreignUrl: `${I}?tenant_id=TENANT-002`,
    status: 200,
  },
  {
    operation: "invoices.read",
    method: "GET",
    route: `${I}/:id`,
    url: `${I}/${INVOICE_1}`,
    foreignUrl: `${I}/${INVOICE_2}`,
    status: 200,
  },
  document("pdf"),
  document("html"),
  document("ubl"),
  {
    operation: "invoices.resend",
    method: "POST",
    route: `${I}/:id/resend`,
    url: `${I}/${INVOICE_1}/resend`,
    status: 202,
  },
  {
    operation: "invoices.credit",
    method: "POST",
    route: `${I}/:id/credit-notes`,
    url: `${I}/${INVOICE_1}/credit-notes`,
    body: { amount: "0.05", reason: "complaint 4711" },
    status: 201,
  },
  {
    operation: "invoices.create",
    method: "POST",
    route: `${T}/:id/invoices`,
    url: `${T}/TENANT-001/invoices`,
    body: {},
    status: 202,
  },
  { operation: "issuer.read", method: "GET", route: "/api/v2/issuer", url: "/api/v2/issuer", status: 200 },
  {
    operation: "issuer.update",
    method: "PUT",
    route: "/api/v2/issuer",
    url: "/api/v2/issuer",
    body: { name: "Example Telecom Ltd", address_lines: ["1 Exchange Square"], country: "GB" },
    status: 200,
  },
];
