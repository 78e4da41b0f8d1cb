/**
 * A message's state only ever moves up this ranking, so late and repeated statuses do no harm.
 * `accepted` → `cleared` → `sent` are on the way, the others are final. Among final states the first
 * one stands, except that a delivery receipt outranks an expiry: a late receipt still counts.
 */
export const STATE_RANK = {
  accepted: 0,
  cleared: 1,
  sent: 2,
  expired: 3,
  blocked: 4,
  rejected: 4,
  failed: 4,
  delivered: 4,
} as const;

export type MessageState = keyof typeof STATE_RANK;
export type FinalState = "expired" | "blocked" | "rejected" | "failed" | "delivered";

export function isFinal(state: MessageState): state is FinalState {
  return STATE_RANK[state] >= STATE_RANK.expired;
}
