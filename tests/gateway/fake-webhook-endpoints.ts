import type { WebhookEndpoint, WebhookEndpointStore } from "#domain/webhooks/ports.ts";

export const ENDPOINT_1 = "01936f2e-7c1a-7000-8000-0000000000e1";
export const ENDPOINT_2 = "01936f2e-7c1a-7000-8000-0000000000e2";

const MAX = 20;

const endpointOf = (endpointId: string, tenantId: string): WebhookEndpoint => ({
  endpointId,
  tenantId,
  url: "https://acme.example/hooks",
  events: ["message.delivered"],
  description: null,
  createdAt: 1_795_000_000_000,
  disabledAt: null,
});

/** Each of the two tenants has one. */
export function fakeWebhookEndpoints(up: () => Promise<void>): WebhookEndpointStore {
  const endpoints = new Map(
    [endpointOf(ENDPOINT_1, "TENANT-001"), endpointOf(ENDPOINT_2, "TENANT-002")].map((one) => [
      one.endpointId,
      one,
    ]),
  );
  const seen = (scope: string | null): WebhookEndpoint[] =>
    [...endpoints.values()].filter(({ tenantId }) => scope === null || tenantId === scope);
  return {
    async create(endpoint) {
      await up();
      const own = seen(null).filter(({ tenantId }) => tenantId === endpoint.tenantId);
      if (own.length >= MAX) return "full";
      endpoints.set(endpoint.endpointId, { ...endpoint, disabledAt: null });
      return { ...endpoint, disabledAt: null };
    },
    async find(scope, endpointId) {
      await up();
      return seen(scope).find((one) => one.endpointId === endpointId) ?? null;
    },
    async list(scope) {
      await up();
      return seen(scope);
    },
    async delete(scope, endpointId) {
      await up();
      return seen(scope).some((one) => one.endpointId === endpointId) && endpoints.delete(endpointId);
    },
  };
}
