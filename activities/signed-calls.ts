import type { Clock } from "#domain/clock.ts";
import type { CallbackAnswer, CallbackSender } from "#domain/flows/ports.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import { signedHeaders } from "#platform/webhook-signatures.ts";

/** n8n answers before it goes on with the execution. */
const ANSWER_MS_MAX = 15_000;
/** What an answer says is shown to people, and an answer may be a page. */
const WORDS_MAX = 200;

export interface SignedCallDependencies {
  readonly tenants: Pick<TenantStore, "get">;
  readonly sender: CallbackSender;
  /** Signs what is told of the platform's own; null: nothing does. */
  readonly operatorSecret: string | null;
  readonly clock: Clock;
}

/** @param callId the same on every attempt. */
export type SignedCall = (
  callId: string,
  tenantId: string | null,
  url: string,
  body: unknown,
) => Promise<CallbackAnswer>;

/** Calls whoever waits for a flow or does its step, signed with the secret of the tenant's webhook where there is one. */
export function createSignedCall({
  tenants,
  sender,
  operatorSecret,
  clock,
}: SignedCallDependencies): SignedCall {
  return async (callId, tenantId, url, body) => {
    const secret =
      tenantId === null ? operatorSecret : ((await tenants.get(tenantId))?.webhook?.secret ?? null);
    const text = JSON.stringify(body);
    const signed = secret === null ? null : signedHeaders(secret, callId, clock.now(), text);
    return sender.post(url, signed ?? { "webhook-id": callId }, text, ANSWER_MS_MAX);
  };
}

/** Too early, too many, or a server that is away: https://www.iana.org/assignments/http-status-codes */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** "409: The execution 7 is running already.", where the answer is n8n's; otherwise the status alone. */
export function wordsOf(status: number, text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return `${status}: ${message.slice(0, WORDS_MAX)}`;
  } catch {
    // A page, or nothing: the status has to do.
  }
  return String(status);
}
