import type { FastifyInstance } from "fastify";
import type { Actor } from "#domain/access/actor.ts";
import type { Clock } from "#domain/clock.ts";
import { type Authenticator, authorize, unauthorized } from "./authenticate.ts";
import type { GatewayConfig } from "./dependencies.ts";
import { ProblemError } from "./problems.ts";
import { TokenBuckets } from "./token-bucket.ts";

/** Above what one gateway process carries, so that it stops a runaway client and no benchmark. */
const DEFAULT_REQUESTS_PER_SECOND = 5_000;
/** Guessing 166 bits is hopeless; this only keeps a flood of wrong tokens off the database. */
const DEFAULT_FAILURES_PER_SECOND = 20;

/**
 * Before anything of a request's body is read: its actor, its right to the route's operation, its rate. Routes without
 * an operation are public.
 */
export function addAuthentication(
  gateway: FastifyInstance,
  authenticator: Authenticator,
  clock: Clock,
  config: GatewayConfig,
): void {
  const requests = new TokenBuckets(clock);
  const failures = new TokenBuckets(clock);
  const failuresPerSecond = config.failuresPerSecond ?? DEFAULT_FAILURES_PER_SECOND;
  gateway.addHook("onRequest", async (request) => {
    const { operation } = request.routeOptions.config;
    if (operation === undefined) return;
    const actor = await authenticator.actor(request.headers.authorization);
    if (actor === null) {
      limit(failures.take(request.ip, failuresPerSecond), "Too many wrong keys from this address.");
      throw unauthorized();
    }
    limit(requests.take(actor.keyId, requestsPerSecond(actor, config)), "This key sends too many requests.");
    authorize(actor, operation);
    request.actor = actor;
  });
}

function requestsPerSecond(actor: Actor, config: GatewayConfig): number {
  const own = actor.kind === "tenant" ? config.perTenant?.[actor.tenantId] : undefined;
  return own ?? config.requestsPerSecond ?? DEFAULT_REQUESTS_PER_SECOND;
}

function limit(waitSeconds: number, what: string): void {
  if (waitSeconds === 0) return;
  throw new ProblemError("rate_limited", `${what} Wait as Retry-After says.`, { retryAfter: waitSeconds });
}
