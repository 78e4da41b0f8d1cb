import { ENDPOINT_1, ENDPOINT_2 } from "./fake-webhook-endpoints.ts";
import type { SampleRequest } from "./requests.ts";

const E = "/api/v2/webhook-endpoints";

export const WEBHOOK_SAMPLES: readonly SampleRequest[] = [
  {
    operation: "webhook_endpoints.create",
    method: "POST",
    route: E,
    url: E,
    body: { url: "https://acme.example/hooks", events: ["message.delivered"], tenant_id: "TENANT-001" },
    status: 201,
  },
  { operation: "webhook_endpoints.list", method: "GET", route: E, url: E, status: 200 },
  {
    operation: "webhook_endpoints.read",
    method: "GET",
    route: `${E}/:id`,
    url: `${E}/${ENDPOINT_1}`,
    foreignUrl: `${E}/${ENDPOINT_2}`,
    status: 200,
  },
  {
    operation: "webhook_endpoints.delete",
    method: "DELETE",
    route: `${E}/:id`,
    url: `${E}/${ENDPOINT_1}`,
    foreignUrl: `${E}/${ENDPOINT_2}`,
    status: 204,
  },
];
