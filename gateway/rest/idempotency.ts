import type { FastifyReply, FastifyRequest } from "fastify";
import type { IdempotencyClaim, IdempotencyStore } from "#domain/access/ports.ts";
import { fieldProblem, ProblemError } from "./problems.ts";
import { hashOf } from "./secrets.ts";

const KEY = /^[\x21-\x7e]{1,200}$/;

/** The request's Idempotency-Key, null without one. */
export function idempotencyKey(request: FastifyRequest): string | null {
  const given = request.headers["idempotency-key"];
  if (given === undefined) return null;
  if (typeof given === "string" && KEY.test(given)) return given;
  throw fieldProblem("headers.idempotency-key", "must be 1 to 200 printable ASCII characters without spaces");
}

/** What a request that takes effect answers with. `stored` is kept for repetitions where `body` holds a secret. */
export interface Effect {
  readonly status: number;
  readonly body: unknown;
  readonly stored?: unknown;
  /** False when the request had no effect, so that the key may be used again. */
  readonly effective?: boolean;
}

interface IdempotentRequest {
  readonly scope: string;
  readonly key: string | null;
  /** The request's meaning: the same key with another one is refused. */
  readonly body: unknown;
  readonly resourceIds: readonly string[];
  readonly now: number;
  /** The answer to a repetition when only the ids are kept any more. */
  readonly fromIds: (resourceIds: readonly string[]) => Effect;
}

/**
 * Carries `work` out once per key. The ids given to it are the first claim's, also after a crash in the middle, so that what it made then
 * is made again under the same ids and therefore not twice.
 */
export async function once(
  store: IdempotencyStore,
  request: IdempotentRequest,
  work: (resourceIds: readonly string[]) => Promise<Effect>,
): Promise<Effect> {
  const { key } = request;
  if (key === null) return work(request.resourceIds);
  const claim: IdempotencyClaim = {
    scope: request.scope,
    key,
    requestHash: hashOf(canonical(request.body)),
    resourceIds: request.resourceIds,
    now: request.now,
  };
  const outcome = await store.claim(claim);
  if (outcome.kind === "mismatch") {
    throw new ProblemError(
      "idempotency_mismatch",
      "This Idempotency-Key was used with another body: use a new key.",
    );
  }
  if (outcome.kind === "busy") {
    throw new ProblemError("idempotency_in_progress", "The first request with this key is still under way.", {
      retryAfter: 1,
    });
  }
  if (outcome.kind === "claimed") {
    return carryOut(store, claim, outcome.token, () => work(outcome.resourceIds));
  }
  if (outcome.response === null) return request.fromIds(outcome.resourceIds);
  return { status: outcome.response.status, body: JSON.parse(outcome.response.body) };
}

async function carryOut(
  store: IdempotencyStore,
  claim: IdempotencyClaim,
  token: string,
  work: () => Promise<Effect>,
): Promise<Effect> {
  let effect: Effect;
  try {
    effect = await work();
  } catch (error) {
    // The lease ends by itself if this fails as well; the caller is owed the first error.
    await store.release(claim, token).catch(() => {});
    throw error;
  }
  if (effect.effective === false) await store.release(claim, token);
  else
    await store.complete(claim, token, {
      status: effect.status,
      body: JSON.stringify(effect.stored ?? effect.body),
    });
  return effect;
}

/** JSON with sorted keys: the order in which a client's library writes fields does not make another request. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) => {
      if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
      return Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)));
    }) ?? ""
  );
}

export function sendEffect<Reply extends FastifyReply>(reply: Reply, effect: Effect): Reply {
  void reply.code(effect.status).send(effect.body);
  return reply;
}
