import { refused, type Refused } from "#domain/messages/submission.ts";
import { add, type Money, parseMoney, ZERO } from "#domain/money/money.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import type { ReservationOutcome, ReservationRequest } from "#domain/wallet/ports.ts";

/** What the door does for a wallet whose store is away, by its tenant's policy (RFC 8506's Credit-Control-Failure-Handling). */
export interface Unreserved {
  /** Null: hold, the client tries again. Otherwise an outcome for each request, or the one refusal for all. */
  decide(
    tenantId: string,
    walletId: string,
    requests: readonly ReservationRequest[],
  ): ReservationOutcome[] | Refused | null;
  /** The store answered for this wallet: its cap begins anew. */
  reset(walletId: string): void;
}

/**
 * `capped` lets this process accept so much that no reservation covers; billing charges it as everything else, below zero if
 * need be. What is accepted is counted per wallet until its store answers again.
 */
export function createUnreserved(control: Pick<ControlView, "tenant">): Unreserved {
  const accepted = new Map<string, Money>();
  return {
    decide(tenantId, walletId, requests) {
      const { policy = "hold", cap } = control.tenant(tenantId)?.whenWalletAway ?? {};
      if (policy === "hold") return null;
      if (policy === "reject")
        return refused(
          "insufficient_funds",
          "The wallet cannot be asked, and the tenant's policy is to refuse then.",
        );
      const limit = parseMoney(cap ?? "0") ?? ZERO;
      let sum = accepted.get(walletId) ?? ZERO;
      const outcomes = requests.map(({ amount }): ReservationOutcome => {
        const next = add(sum, amount);
        if (next > limit) return "insufficient";
        sum = next;
        return "reserved";
      });
      accepted.set(walletId, sum);
      return outcomes;
    },
    reset: (walletId) => void accepted.delete(walletId),
  };
}
