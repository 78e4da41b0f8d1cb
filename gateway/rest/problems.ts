import { z } from "zod";
import { REFUSALS, type RefusalCode } from "#domain/messages/submission.ts";
import { remedyOf } from "./remedies.ts";

/**
 * Every error that the REST door answers with (RFC 9457). `retryable`: the same request may succeed later without a change.
 * docs/rest.md shows this table, and a test compares them.
 */
export const PROBLEMS = {
  malformed_json: { status: 400, title: "The body is not valid JSON", retryable: false },
  validation_failed: { status: 400, title: "Fields of the request are wrong", retryable: false },
  unauthorized: { status: 401, title: "A valid bearer token is needed", retryable: false },
  insufficient_funds: { status: 402, title: "The wallet does not cover the message", retryable: true },
  forbidden: { status: 403, title: "This key may not do that", retryable: false },
  tenant_suspended: { status: 403, title: "The tenant is suspended", retryable: false },
  destination_frozen: { status: 403, title: "The tenant may not reach this destination", retryable: false },
  not_found: { status: 404, title: "There is no such thing", retryable: false },
  route_not_found: { status: 404, title: "There is no such route", retryable: false },
  method_not_allowed: { status: 405, title: "The route does not know this method", retryable: false },
  conflict: { status: 409, title: "The state of things does not allow it", retryable: false },
  already_exists: { status: 409, title: "The id is taken", retryable: false },
  idempotency_in_progress: { status: 409, title: "The same request is being carried out", retryable: true },
  body_too_large: { status: 413, title: "The body is too large", retryable: false },
  uri_too_long: { status: 414, title: "The address is too long", retryable: false },
  unsupported_media_type: { status: 415, title: "The body is of the wrong type", retryable: false },
  idempotency_mismatch: {
    status: 422,
    title: "The Idempotency-Key belongs to another request",
    retryable: false,
  },
  sheet_refused: { status: 422, title: "Rows of the sheet are wrong", retryable: false },
  message_refused: { status: 422, title: "The message cannot be sent as it stands", retryable: false },
  rate_limited: { status: 429, title: "Too many requests", retryable: true },
  internal: { status: 500, title: "The gateway failed", retryable: true },
  unavailable: { status: 503, title: "A part of the platform is not available", retryable: true },
} as const satisfies Record<string, ProblemFacts>;

interface ProblemFacts {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
}

export type ProblemCode = keyof typeof PROBLEMS;

/** One wrong field: where it stands (`messages[2].to`, `query.limit`) and what to do about it. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export const problemSchema = z
  .object({
    type: z.string().describe("Stable identifier of the kind of error: urn:catalyst:problem:<code>"),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().describe("What happened and what to do about it"),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).describe("The fields at fault"),
    requestId: z.string(),
  })
  .meta({ id: "Problem", title: "Problem", description: "RFC 9457 problem details" });

export type Problem = z.infer<typeof problemSchema>;

interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  /** Seconds, sent as Retry-After. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is an error; thrown within a request and turned into problem+json by the error handler. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.code = code;
    this.errors = options.errors ?? [];
    const { retryAfter } = options;
    this.headers = {
      ...options.headers,
      ...(retryAfter === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfter))) }),
    };
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

export function problemOf(error: ProblemError, requestId: string): Problem {
  const { status, title } = PROBLEMS[error.code];
  return {
    type: problemType(error.code),
    title,
    status,
    code: error.code,
    detail: error.message,
    errors: [...error.errors],
    requestId,
  };
}

export function problemType(code: ProblemCode): string {
  return `urn:catalyst:problem:${code}`;
}

export function fieldProblem(path: string, message: string): ProblemError {
  return new ProblemError("validation_failed", `${path}: ${message}`, { errors: [{ path, message }] });
}

/** What a wrong request schema is told: every field at once. */
export function validationProblem(errors: readonly FieldError[]): ProblemError {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const place = first === undefined || first.path === "" ? "" : `${first.path}: `;
  return new ProblemError("validation_failed", `${place}${first?.message ?? "invalid"}${more}`, { errors });
}

/** The issues of a zod error as paths (`messages[2].to`) with remedies; `prefix` names where the data came from. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], prefix = ""): FieldError[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key], prefix),
        message: "is not a field of this request: remove it or correct its name",
      }));
    }
    return [{ path: pathText(issue.path, prefix), message: remedyOf(issue) }];
  });
}

function pathText(path: readonly PropertyKey[], prefix: string): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? String(step) : `${text}.${String(step)}`;
  }, prefix);
}

/** Fields as the API names them, by the submission's. */
const SUBMISSION_FIELDS: Readonly<Record<string, string>> = { validityMs: "validity_seconds" };

/** Refusals that are not simply the message's own fault. */
const REFUSAL_PROBLEMS: Partial<Record<RefusalCode, ProblemCode>> = {
  insufficient_funds: "insufficient_funds",
  tenant_suspended: "tenant_suspended",
  destination_frozen: "destination_frozen",
  tenant_not_active: "conflict",
  unknown_tenant: "unauthorized",
  no_wallet: "conflict",
  no_rate_card: "conflict",
  unavailable: "unavailable",
};

export interface RefusedMessage {
  readonly problem: ProblemCode;
  readonly reason: RefusalCode;
  readonly detail: string;
  readonly path: string | null;
  readonly retryable: boolean;
}

export function refusalOf(code: RefusalCode, detail: string): RefusedMessage {
  const { field, retryable } = REFUSALS[code];
  const problem = REFUSAL_PROBLEMS[code] ?? "message_refused";
  const named = field === null || field === "tenantId" ? null : (SUBMISSION_FIELDS[field] ?? field);
  return { problem, reason: code, detail, path: named, retryable };
}

const STATUS_PROBLEMS: Readonly<Record<number, string>> = {
  400: "Malformed JSON or wrong fields",
  401: "No valid bearer token",
  402: "The wallet does not cover it",
  403: "The key may not do that",
  404: "No such thing, or not yours",
  409: "The state does not allow it, or the same request is under way",
  413: "The body is too large",
  415: "The body is of the wrong type",
  422: "Refused by row or field, or an Idempotency-Key of another request",
  429: "Rate limit; see Retry-After",
  503: "Part of the platform is away; see Retry-After",
};

/** The error responses of a route, as OpenAPI wants them; 401, 429 and 503 stand on every route with a token. */
export function problemResponses(...statuses: readonly (keyof typeof STATUS_PROBLEMS)[]) {
  const all = new Set<number>([...statuses.map(Number), 401, 403, 429, 500, 503]);
  return Object.fromEntries(
    [...all].map((status) => [
      status,
      {
        description: STATUS_PROBLEMS[status] ?? "Failure of the gateway",
        content: { "application/problem+json": { schema: problemSchema } },
      },
    ]),
  );
}
