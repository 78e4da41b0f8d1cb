import type { Mail } from "#domain/mail/ports.ts";
import type { BalanceAlert } from "#workflows/low-balance/api.ts";
import { letter } from "./letter.ts";

export interface BalanceMail {
  readonly tenantId: string;
  readonly name: string;
  readonly email: string;
  readonly kind: BalanceAlert | "recovered";
  readonly walletId: string;
  readonly balance: string;
  readonly currency: string;
  /** The trigger's: every attempt of one alert has the same Message-ID. */
  readonly triggerId: string;
}

const WORDS: Readonly<Record<BalanceMail["kind"], readonly [subject: string, paragraph: string]>> = {
  low: [
    "is low",
    "the balance of your wallet is below the threshold that you have set. Top it up so that your traffic goes on.",
  ],
  critical: [
    "is critical",
    "the balance of your wallet is critical. Service is suspended unless it is topped up in time.",
  ],
  negative: [
    "is negative",
    "the balance of your wallet is below what it may be. New messages are refused until it is topped up.",
  ],
  recovered: ["has recovered", "the balance of your wallet has recovered. There is nothing to do."],
};

export function balanceMail({
  kind,
  tenantId,
  name,
  email,
  walletId,
  balance,
  currency,
  triggerId,
}: BalanceMail): Mail {
  const [subject, paragraph] = WORDS[kind];
  return letter({
    messageId: `balance.${triggerId.replaceAll(":", ".")}@catalyst`,
    to: email,
    subject: `The balance of ${tenantId} ${subject}`,
    name,
    paragraphs: [paragraph],
    facts: [
      ["Tenant", tenantId],
      ["Wallet", walletId],
      ["Balance", `${balance} ${currency}`],
    ],
  });
}
