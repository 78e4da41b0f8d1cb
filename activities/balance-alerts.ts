import { createHash } from "node:crypto";
import type { Clock } from "#domain/clock.ts";
import { Unavailable } from "#domain/errors.ts";
import type { WebhookDeliveries } from "#domain/messages/ports.ts";
import type { AcceptOutcome, Submission } from "#domain/messages/submission.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import type { BalanceNews, LowBalanceActivities } from "#workflows/low-balance/api.ts";

/** The platform's own way into its pipeline: a tenant of its own sends, and pays. */
export interface AlertSender {
  readonly tenantId: string;
  /** As the recipient sees it. */
  readonly from: string;
  /** The ingress: durable once it is accepted; the same message id again is the same message. */
  readonly submit: (submission: Submission) => Promise<AcceptOutcome>;
}

export interface BalanceAlertDependencies {
  readonly tenants: Pick<TenantStore, "get">;
  readonly deliveries: Pick<WebhookDeliveries, "defer">;
  /** Null where the platform has no tenant of its own: nobody is told by SMS. */
  readonly sender: AlertSender | null;
  readonly clock: Clock;
}

/** An alert that comes a day late tells nothing any more. */
const VALIDITY_MS = 6 * 3_600_000;

const WORDS: Readonly<Record<BalanceNews["kind"], string>> = {
  low: "is low",
  critical: "is critical: service may be suspended",
  negative: "is used up: new messages are refused",
  recovered: "has recovered",
};

/** Alerts of a balance by SMS and webhook. What these throw is Unavailable: tried again, and told once. */
export function createBalanceAlerts({
  tenants,
  deliveries,
  sender,
  clock,
}: BalanceAlertDependencies): Pick<LowBalanceActivities, "textBalance" | "postBalance"> {
  return {
    async textBalance(news) {
      const numbers = (await tenants.get(news.tenantId))?.alerts?.sms ?? [];
      if (numbers.length === 0) return { sent: 0, refused: [] };
      if (sender === null) return { sent: 0, refused: ["the platform has no tenant that sends alerts"] };
      const text = `${news.tenantId}: the balance ${WORDS[news.kind]} (${shortened(news.balance)} ${news.currency}).`;
      const outcomes = await Promise.all(
        numbers.map((to) => sender.submit(submissionOf(sender, news, to, text))),
      );
      if (outcomes.some((one) => !one.ok && one.code === "unavailable")) throw new Unavailable("ingress");
      const refused = outcomes.flatMap((one) => (one.ok ? [] : [one.code]));
      return { sent: outcomes.length - refused.length, refused: [...new Set(refused)] };
    },

    async postBalance(news) {
      const tenant = await tenants.get(news.tenantId);
      if (tenant === null || tenant.webhook === null || tenant.alerts?.webhook !== true)
        return { kind: "none" };
      const now = clock.now();
      const delivery = {
        webhookId: `balance:${news.triggerId}`,
        tenantId: news.tenantId,
        endpointId: null,
        body: JSON.stringify({
          type: `balance.${news.kind}`,
          timestamp: new Date(news.at).toISOString(),
          data: { wallet_id: news.walletId, balance: news.balance, currency: news.currency },
        }),
        createdAt: now,
      };
      await deliveries.defer([{ delivery, attempts: 0, nextAttemptAt: now, error: null }]);
      return { kind: "stored" };
    },
  };
}

function submissionOf(sender: AlertSender, news: BalanceNews, to: string, text: string): Submission {
  return {
    tenantId: sender.tenantId,
    channel: "sms",
    from: sender.from,
    to,
    text,
    door: "rest",
    receipt: false,
    validityMs: VALIDITY_MS,
    reference: `balance:${news.triggerId}`,
    messageId: alertMessageId(news, to),
  };
}

/** A UUIDv7 (RFC 9562 §5.7) of the crossing's time and, in place of randomness, of the crossing and the number: a repetition is the same message. */
export function alertMessageId({ at, triggerId }: Pick<BalanceNews, "at" | "triggerId">, to: string): string {
  const time = at.toString(16).padStart(12, "0").slice(-12);
  const hash = createHash("sha256").update(`${triggerId}\0${to}`).digest("hex");
  const variant = ((Number.parseInt(hash.charAt(3), 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}

/** Two decimals, cut: an SMS is no statement. */
function shortened(balance: string): string {
  const [whole = "0", decimals = ""] = balance.split(".");
  return `${whole}.${decimals.slice(0, 2).padEnd(2, "0")}`;
}
