import { z } from "zod";
import { formatMoney, money, parseMoney, ZERO } from "#domain/money/money.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { ANY_KEY, TENANT_EXAMPLE, tenantParams, UUID_EXAMPLE } from "../schemas.ts";
import { scopeOf, visibleTenant, walletOf } from "../tenant-access.ts";

const balanceBody = z
  .object({
    tenant_id: z.string(),
    wallet_id: z.string(),
    currency: z.string(),
    balance: z.string().describe("Of the ledger, the record"),
    reserved: z.string().describe("Set aside for messages under way"),
    available: z.string().describe("balance + credit_limit − reserved: what new messages may use"),
    credit_limit: z.string(),
    sequence: z.string().describe("Of the last entry in the ledger"),
  })
  .meta({
    examples: [
      {
        tenant_id: TENANT_EXAMPLE,
        wallet_id: UUID_EXAMPLE,
        currency: "USD",
        balance: "99.98461",
        reserved: "0.01539",
        available: "99.96922",
        credit_limit: "0",
        sequence: "3",
      },
    ],
  });

const query = z.object({
  wallet_id: z.string().max(64).optional().describe("Default: the tenant's first wallet"),
});

/** GET /api/v2/tenants/:id/balance */
export const getBalance: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/tenants/:id/balance",
    config: { operation: "balance.read" },
    schema: {
      operationId: "getBalance",
      summary: "Read a wallet's balance",
      tags: ["billing"],
      security: ANY_KEY,
      params: tenantParams,
      querystring: query,
      response: { 200: balanceBody, ...problemResponses(400, 404, 409) },
    },
    handler: async (request) => {
      const tenant = await visibleTenant(request, dependencies, request.params.id);
      const wallet = walletOf(tenant, request.query.wallet_id, "query.wallet_id");
      const [ledger, { reserved }] = await Promise.all([
        dependencies.ledger.balance(scopeOf(actorOf(request)), wallet.walletId),
        dependencies.wallets.balance(wallet.walletId),
      ]);
      const balance = ledger?.balance ?? ZERO;
      const creditLimit = parseMoney(wallet.creditLimit) ?? ZERO;
      return {
        tenant_id: tenant.tenantId,
        wallet_id: wallet.walletId,
        currency: wallet.currency,
        balance: formatMoney(balance),
        reserved: formatMoney(reserved),
        available: formatMoney(money(balance + creditLimit - reserved)),
        credit_limit: formatMoney(creditLimit),
        sequence: (ledger?.sequence ?? 0n).toString(),
      };
    },
  });
};
