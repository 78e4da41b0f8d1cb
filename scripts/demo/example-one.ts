import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseMoney } from "#domain/money/money.ts";
import { onboard, type OnboardedTenant } from "./onboard.ts";
import { createRest, type Rest } from "./rest.ts";

const GUIDE_CARD = new URL("../../examples/rate-cards/guide.json", import.meta.url);

/** The guide's Example 1 as it stands; the opening volume makes it the month's 50,000th message. */
const EXAMPLE_ONE = {
  event_type: "sms.delivered",
  channel: "sms",
  to: "+1 (234) 567-8900",
  operator: "Verizon",
  destination: "US",
  tenant_id: "TENANT-001",
  timestamp: "2024-12-25T18:00:00Z",
  opening_volume: 49_999,
};

interface ChargeAnswer {
  readonly transaction: {
    readonly transaction_id: string;
    readonly charge: Readonly<Record<"base_amount" | "discount" | "subtotal" | "tax" | "total", string>>;
    readonly balance_before: string;
    readonly balance_after: string;
    readonly explanation: readonly string[];
  } | null;
}

export interface ExampleOne {
  readonly base: string;
  readonly discount: string;
  readonly subtotal: string;
  readonly tax: string;
  readonly total: string;
  readonly balance_before: string;
  readonly balance_after: string;
  readonly explanation: readonly string[];
  readonly exact: boolean;
}

export async function setUpTenantOne(admin: Rest): Promise<{ tenant: OnboardedTenant; warnings: number }> {
  const tenant = await onboard(admin, {
    tenant_id: "TENANT-001",
    name: "Acme Messaging",
    email: "ops@acme.example",
    timezone: "America/New_York",
    country: "US",
    tax_rate: "8",
  });
  const card = await admin.post<{ warnings: unknown[] }>(
    "/api/v2/rate-cards",
    readFileSync(GUIDE_CARD, "utf8"),
  );
  await admin.patch("/api/v2/tenants/TENANT-001", { rate_card_id: "RC-TENANT-001" });
  await admin.post(
    "/api/v2/tenants/TENANT-001/top-ups",
    { amount: "100.00", currency: "USD" },
    { "idempotency-key": "demo-top-up" },
  );
  return { tenant, warnings: card.warnings.length };
}

/** Posts the event and compares every step with the guide's figures. */
export async function runExampleOne(admin: Rest): Promise<ExampleOne> {
  const answer = await admin.post<ChargeAnswer>("/api/v2/usage-events", EXAMPLE_ONE, {
    "idempotency-key": "EVT-001",
  });
  if (answer.transaction === null)
    throw new Error("the charge of Example 1 did not reach the ledger in time");
  const { charge, balance_before, balance_after, explanation } = answer.transaction;
  const is = (text: string, expected: string): boolean =>
    parseMoney(text.replace("-", "")) === parseMoney(expected);
  return {
    base: charge.base_amount,
    discount: charge.discount,
    subtotal: charge.subtotal,
    tax: charge.tax,
    total: charge.total,
    balance_before,
    balance_after,
    explanation,
    exact:
      is(charge.base_amount, "0.015") &&
      is(charge.discount, "0.00075") &&
      is(charge.subtotal, "0.01425") &&
      is(charge.tax, "0.00114") &&
      is(charge.total, "0.01539") &&
      is(balance_before, "100") &&
      is(balance_after, "99.98461"),
  };
}

export interface LiveMessage {
  readonly message_id: string;
  readonly state: string;
  readonly timeline: readonly {
    readonly state: string;
    readonly at: string;
    readonly connector: string | null;
  }[];
}

const LIVE_MESSAGE_MS_MAX = 15_000;

/** Sends one message as the tenant itself and follows it to its end. */
export async function sendLiveMessage(gateway: string, tenant: OnboardedTenant): Promise<LiveMessage> {
  const rest = createRest(gateway, tenant.apiKey);
  const { message_id } = await rest.post<{ message_id: string }>("/api/v2/messages", {
    from: "ACME",
    to: "+447700900123",
    text: "Your code is 482915",
  });
  const deadline = Date.now() + LIVE_MESSAGE_MS_MAX;
  for (;;) {
    const message = await rest.get<LiveMessage>(`/api/v2/messages/${message_id}`).catch(() => undefined);
    if (
      message !== undefined &&
      ["delivered", "failed", "rejected", "blocked", "expired"].includes(message.state)
    )
      return message;
    if (Date.now() > deadline)
      throw new Error(`message ${message_id} did not become final: ${JSON.stringify(message)}`);
    await sleep(100);
  }
}
