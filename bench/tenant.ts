import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "../scripts/environment.ts";

export interface BenchTenant {
  readonly tenantId: string;
  readonly walletId: string;
  readonly systemId: string;
  readonly password: string;
}

/** The card prices sms.delivered (the channel's base_rate) alone: one charge a message. */
const RATE_CARD = {
  rate_card_id: "RC-BENCH",
  name: "sms.delivered alone",
  currency: "USD",
  effective_date: "2024-01-01",
  timezone: "UTC",
  rates: { sms: { base_rate: 0.01 } },
};

/** The rules' own maximum: nothing of a bench is blocked. */
const MESSAGES_PER_DESTINATION = 10_000;

/** Onboards the bench's tenant as an operator would, over REST. */
export async function onboardTenant(
  environment: Environment,
  tenantId: string,
  card: { readonly rate_card_id: string } = RATE_CARD,
): Promise<BenchTenant> {
  const call = caller(environment);
  await call("POST", "/api/v2/rate-cards", card);
  const onboarded = (await call("POST", "/api/v2/tenants", {
    tenant_id: tenantId,
    name: "Bench",
    currency: "USD",
    firewall: { per_destination_per_minute: MESSAGES_PER_DESTINATION },
    rate_card_id: card.rate_card_id,
  })) as { smpp: { system_id: string; password: string } };
  const wallet = await activeWallet(call, tenantId);
  await call("POST", `/api/v2/tenants/${tenantId}/top-ups`, { amount: "1000000", reason: "bench" });
  await sleep(2_500); // a card is in force everywhere two seconds after it was stored
  const { system_id: systemId, password } = onboarded.smpp;
  return { tenantId, walletId: wallet, systemId, password };
}

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

async function activeWallet(call: Call, tenantId: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { status, wallets } = (await call("GET", `/api/v2/tenants/${tenantId}`)) as {
      status: string;
      wallets: { wallet_id: string }[];
    };
    if (status === "active" && wallets[0] !== undefined) return wallets[0].wallet_id;
    await sleep(100);
  }
  throw new Error(`the onboarding of ${tenantId} did not end`);
}

function caller(environment: Environment): Call {
  return async (method, path, body) => {
    const response = await fetch(`${environment.urls.gateway}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${environment.secrets.adminToken}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as unknown;
  };
}
