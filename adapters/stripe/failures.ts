import { Stripe } from "stripe";
import { Rejected, Unavailable } from "#domain/errors.ts";

type StripeFailure = InstanceType<typeof Stripe.errors.StripeError>;

export const isStripeFailure = (error: unknown): error is StripeFailure =>
  error instanceof Stripe.errors.StripeError;

/** Runs a call and says Unavailable or Rejected for what Stripe answers; a declined card is the caller's to read first. */
export async function onStripe<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw isStripeFailure(error) ? translated(error) : error;
  }
}

/** The same error again for a key that is known: the first answer was stored, and will be given for a day. */
export function isReplayedFailure(error: unknown): boolean {
  return isServerFailure(error) && error.headers?.["idempotent-replayed"] === "true";
}

function isServerFailure(error: unknown): error is StripeFailure {
  return isStripeFailure(error) && (error.statusCode ?? 0) >= 500;
}

function translated(error: StripeFailure): Unavailable | Rejected {
  const { statusCode, code, message } = error;
  const later =
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    statusCode === undefined ||
    statusCode >= 500 ||
    // Another request with the same key is under way (409), or holds the object (lock_timeout, 429).
    statusCode === 409 ||
    statusCode === 429;
  if (later) return new Unavailable("stripe", { cause: brief(error) });
  return new Rejected("stripe", code ?? error.rawType ?? "rejected", `${message} ${remedyOf(error)}`.trim(), {
    cause: brief(error),
  });
}

function remedyOf(error: StripeFailure): string {
  if (error instanceof Stripe.errors.StripeIdempotencyError)
    return "(this idempotency key was used for another payment: start a new attempt under a new key)";
  if (error.statusCode === 401) return "(set STRIPE_SECRET_KEY to a key of this account)";
  if (error.statusCode === 403) return "(the key STRIPE_SECRET_KEY lacks this permission)";
  return "";
}

/** Without the raw answer: it holds the payer's data, and histories keep causes. */
function brief({ type, code, statusCode, requestId }: StripeFailure): Error {
  return new Error(
    `stripe: ${[type, code, statusCode, requestId].filter((part) => part !== undefined).join(" ")}`,
  );
}
