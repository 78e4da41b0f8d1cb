import { json, type Answer } from "../provider-simulator/http-door.ts";

/** Fields of Stripe's error object (https://docs.stripe.com/api/errors). */
export interface ErrorFields {
  readonly type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";
  readonly message: string;
  readonly code?: string;
  readonly decline_code?: string;
  readonly advice_code?: string;
  readonly param?: string;
  readonly charge?: string;
  readonly payment_intent?: unknown;
  readonly payment_method?: unknown;
}

/** What a request is answered with instead of its object. Card errors keep what happened before them: a failed charge is a fact. */
export class StripeError extends Error {
  readonly status: number;
  readonly fields: ErrorFields;

  constructor(status: number, fields: ErrorFields) {
    super(fields.message);
    this.status = status;
    this.fields = fields;
  }
}

export function errorAnswer({ status, fields }: Pick<StripeError, "status" | "fields">): Answer {
  const docUrl =
    fields.code === undefined ? {} : { doc_url: `https://stripe.com/docs/error-codes/${fields.code}` };
  return json(status, { error: { ...docUrl, ...fields } });
}

export function invalid(message: string, fields: { code?: string; param?: string } = {}): StripeError {
  return new StripeError(400, { type: "invalid_request_error", message, ...fields });
}

export function missing(what: string, id: string, param = "id"): StripeError {
  return new StripeError(404, {
    type: "invalid_request_error",
    code: "resource_missing",
    param,
    message: `No such ${what}: '${id}'`,
  });
}
