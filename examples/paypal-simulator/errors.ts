import { randomBytes } from "node:crypto";
import { json, type Answer } from "../provider-simulator/http-door.ts";

/** What a request is answered with instead of its resource (https://developer.paypal.com/api/rest/responses/). */
export class PaypalError extends Error {
  readonly status: number;
  readonly title: string;
  readonly issue: string | null;

  constructor(status: number, title: string, issue: string | null, message: string) {
    super(message);
    this.status = status;
    this.title = title;
    this.issue = issue;
  }
}

export function errorAnswer({
  status,
  title,
  issue,
  message,
}: Pick<PaypalError, "status" | "title" | "issue" | "message">): Answer {
  const debugId = randomBytes(6).toString("hex");
  const details = issue === null ? [] : [{ issue, description: message }];
  return json(
    status,
    { name: title, message, debug_id: debugId, details, links: [] },
    { "paypal-debug-id": debugId },
  );
}

/** The request is understood and cannot be carried out. */
export function unprocessable(issue: string, message: string): PaypalError {
  return new PaypalError(422, "UNPROCESSABLE_ENTITY", issue, message);
}

export function invalid(issue: string, message: string): PaypalError {
  return new PaypalError(400, "INVALID_REQUEST", issue, message);
}

export function missing(): PaypalError {
  return new PaypalError(
    404,
    "RESOURCE_NOT_FOUND",
    "INVALID_RESOURCE_ID",
    "The specified resource does not exist.",
  );
}
