import type { Severity } from "./rules.ts";

/**
 * Why the firewall blocks. `reason` is one sentence for a person and holds no number and no text of the message: it travels in
 * firewall.events, statuses and webhooks.
 */
export const BLOCK_CODES = {
  keyword: "The text holds a blocked keyword.",
  velocity_destination: "Too many messages to this destination within a minute.",
  velocity_sender: "Too many messages from this sender within a minute.",
  destination_frozen: "The destination is closed to this tenant while a suspected fraud is looked into.",
} as const;

export type BlockCode = keyof typeof BLOCK_CODES;

export interface BlockVerdict {
  readonly verdict: "block";
  readonly code: BlockCode;
  /** The platform rule's id, `tenant.keyword` for one of the tenant's own, or the velocity rule. */
  readonly ruleId: string;
  readonly severity: Severity;
  readonly reason: string;
}

/** `expired`: its validity ended before the firewall saw it; neither sent on nor counted as blocked. */
export type Verdict = { readonly verdict: "pass" } | { readonly verdict: "expired" } | BlockVerdict;

export const PASS: Verdict = { verdict: "pass" };
export const EXPIRED: Verdict = { verdict: "expired" };

export function block(code: BlockCode, ruleId: string, severity: Severity): BlockVerdict {
  return { verdict: "block", code, ruleId, severity, reason: BLOCK_CODES[code] };
}
