import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Unavailable } from "#domain/errors.ts";
import { ProblemError, problemOf } from "./problems.ts";

/** Answers with problem+json, whatever the route's response schemas are. */
export async function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: ProblemError,
): Promise<void> {
  await reply
    .code(error.status)
    .headers(error.headers)
    .type("application/problem+json")
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemOf(error, request.id));
}

export function addErrorHandlers(gateway: FastifyInstance): void {
  const methods = collectMethods(gateway);
  gateway.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500)
      request.log.error(
        { err: error, requestId: request.id, route: request.routeOptions.url },
        "request failed",
      );
    await sendProblem(request, reply, problem);
  });
  gateway.setNotFoundHandler(async (request, reply) => {
    await sendProblem(request, reply, noSuchRoute(request, methods));
  });
}

/** Patterns and their methods, for 405: fastify itself answers 404 to both. */
function collectMethods(gateway: FastifyInstance): Map<string, { pattern: RegExp; methods: Set<string> }> {
  const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  gateway.addHook("onRoute", ({ url, method }) => {
    if (url.includes("*")) return;
    const entry = routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const name of [method].flat()) entry.methods.add(name);
    routes.set(url, entry);
  });
  return routes;
}

function patternOf(url: string): RegExp {
  const escaped = url.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/:[A-Za-z]+/g, "[^/]+")}$`);
}

function noSuchRoute(
  request: FastifyRequest,
  routes: ReadonlyMap<string, { pattern: RegExp; methods: ReadonlySet<string> }>,
): ProblemError {
  const path = request.url.split("?", 1)[0] ?? "";
  for (const { pattern, methods } of routes.values()) {
    if (!pattern.test(path)) continue;
    const allow = [...methods].sort().join(", ");
    return new ProblemError("method_not_allowed", `Use one of: ${allow}.`, { headers: { allow } });
  }
  return new ProblemError("route_not_found", "See /docs for every route.");
}

/** Remedies for what fastify itself refuses, by its error code. */
const FASTIFY_PROBLEMS: Readonly<Record<string, () => ProblemError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new ProblemError(
      "body_too_large",
      "A body may have 1 MiB, a sheet 5 MB: send fewer messages or rows at once.",
    ),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new ProblemError("unsupported_media_type", "Send the body as 'Content-Type: application/json'."),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new ProblemError(
      "malformed_json",
      "Content-Length does not match the body: correct it or leave it to the client.",
    ),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new ProblemError("malformed_json", "Send a JSON body."),
  FST_ERR_BAD_URL: () =>
    new ProblemError("validation_failed", "The address is not a valid URL: correct its %-escapes."),
  FST_ERR_MAX_PARAM_LENGTH: () =>
    new ProblemError("uri_too_long", "An id in the address has too many characters."),
};

/** What is known of an error as an answer; anything else is `internal` and tells the caller nothing. */
export function toProblem(error: FastifyError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof Unavailable) {
    return new ProblemError("unavailable", `${error.service} is away: try again.`, { retryAfter: 1 });
  }
  const known = FASTIFY_PROBLEMS[error.code];
  if (known !== undefined) return known();
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new ProblemError("validation_failed", "The request cannot be understood.");
  }
  return new ProblemError("internal", "The gateway failed; the request id leads to the cause in its log.");
}
