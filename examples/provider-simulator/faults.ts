/**
 * What a simulator does wrong on demand. Requests: `rate_limit` (429), `error_before` (500, nothing happened), `error_after` (500, though it happened
 * and a repetition with the same key is answered with the success), `error_stored` (500, though it happened, and a repetition with the same key gets
 * the same 500, as Stripe documents), `timeout_before` and `timeout_after` (no answer: the connection is cut after `ms`), `decline` (the next payment,
 * with `code`). Webhooks: `webhook_none` (never sent), `webhook_late` (after `ms`), `webhook_duplicate` (sent twice), `webhook_swap` (sent after the
 * one that follows it).
 */
export const FAULTS = [
  "rate_limit",
  "error_before",
  "error_after",
  "error_stored",
  "timeout_before",
  "timeout_after",
  "decline",
  "webhook_none",
  "webhook_late",
  "webhook_duplicate",
  "webhook_swap",
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Of a request "POST /v1/refunds", of a webhook its type: a regular expression; absent: any. */
  readonly match?: string;
  /** How often it strikes; 1 if absent. */
  readonly times?: number;
  readonly ms?: number;
  readonly code?: string;
}

/** Faults that are still to come, in the order in which they were asked for. Not in the journal: a test's affair. */
export class Faults {
  #waiting: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  list(): readonly Fault[] {
    return this.#waiting.map(({ fault, left }) => ({ ...fault, times: left }));
  }

  /** The first of these kinds that strikes this subject, used up by one. */
  take(subject: string, kinds: readonly FaultKind[]): Fault | null {
    const found = this.#waiting.find(
      ({ fault }) =>
        kinds.includes(fault.kind) && (fault.match === undefined || new RegExp(fault.match).test(subject)),
    );
    if (found === undefined) return null;
    found.left -= 1;
    if (found.left <= 0) this.#waiting = this.#waiting.filter((one) => one !== found);
    return found.fault;
  }
}

/** Reads what a control call asks for; null when it is no fault. */
export function parseFault(body: unknown): Fault | null {
  if (typeof body !== "object" || body === null) return null;
  const { kind, match, times, ms, code } = body as Record<string, unknown>;
  if (!FAULTS.includes(kind as FaultKind)) return null;
  return {
    kind: kind as FaultKind,
    ...(typeof match === "string" ? { match } : {}),
    ...(typeof times === "number" ? { times } : {}),
    ...(typeof ms === "number" ? { ms } : {}),
    ...(typeof code === "string" ? { code } : {}),
  };
}
