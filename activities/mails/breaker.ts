import type { Mail } from "#domain/mail/ports.ts";
import { letter } from "./letter.ts";

/** Tells whoever runs the platform that no tenant is recharged any more until a person has looked. */
export function breakerMail(
  { opening, because }: { readonly opening: number; readonly because: string },
  { email, apiUrl }: { readonly email: string; readonly apiUrl: string },
): Mail {
  return letter({
    messageId: `recharge-breaker.${opening}@catalyst`,
    to: email,
    subject: "Automatic recharges are stopped for every tenant",
    name: "operator",
    paragraphs: [
      "more automatic recharges fell due at once than traffic can explain. None of them was begun, and none begins until a person closes the breaker.",
      "Look at the ledger and at what publishes workflow.triggers first: a cache that reads zero looks like this.",
      `Then POST ${apiUrl}/api/v2/recharge-breaker/close with {"reason":"…"}.`,
    ],
    facts: [
      ["Why", because],
      ["How it stands", `${apiUrl}/api/v2/recharge-breaker`],
    ],
  });
}
