import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { AcceptOutcome } from "#domain/messages/submission.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { messageRequest, type MessageRequest, toSubmission } from "../message-request.ts";
import {
  type FieldError,
  fieldErrors,
  fieldProblem,
  ProblemError,
  problemResponses,
  PROBLEMS,
  type ProblemCode,
  problemType,
  refusalOf,
  validationProblem,
} from "../problems.ts";
import { idempotencyHeaders, isoTime, TENANT_KEY, TIME_EXAMPLE, UUID_EXAMPLE } from "../schemas.ts";
import { acceptedAtOf } from "../uuid-time.ts";

/** What the body limit lets through at full length, and what ingress takes in one batch. */
const BATCH_MAX = 1000;

const accepted = z.object({
  message_id: z.string(),
  status: z.literal("accepted"),
  parts: z.int().describe("SMS segments"),
  encoding: z.string(),
  accepted_at: z.string(),
  reference: z.string().nullable(),
});

const itemProblem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});

const batchAnswer = z.object({
  accepted: z.int(),
  refused: z.int(),
  results: z
    .array(
      z.union([
        accepted.extend({ index: z.int() }),
        z.object({ index: z.int(), status: z.literal("refused"), problem: itemProblem }),
      ]),
    )
    .describe("One per message, in their order"),
});

const ACCEPTED_EXAMPLE = {
  message_id: UUID_EXAMPLE,
  status: "accepted" as const,
  parts: 1,
  encoding: "gsm7",
  accepted_at: TIME_EXAMPLE,
  reference: "order-4711",
};

const REFUSED_EXAMPLE = {
  index: 1,
  status: "refused" as const,
  problem: {
    type: problemType("message_refused"),
    title: PROBLEMS.message_refused.title,
    status: 422,
    code: "message_refused",
    detail: "to is not a number that can be reached: write it with its country code",
    errors: [{ path: "messages[1].to", message: "is not a number that can be reached" }],
  },
};

const body = z
  .union([
    messageRequest,
    z.strictObject({ messages: z.array(messageRequest).min(1).max(BATCH_MAX) }),
    z.array(messageRequest).min(1).max(BATCH_MAX),
  ])
  .meta({
    examples: [
      { from: "ACME", to: "+12025550143", text: "Your code is 482915", reference: "order-4711" },
      {
        messages: [
          { from: "ACME", to: "+12025550143", text: "One" },
          { from: "ACME", to: "+12025550144", text: "Two" },
        ],
      },
    ],
  });

/** POST /api/v2/messages: one message or up to 1,000; the valid ones of many proceed. Answers once they are durable. */
export const createMessages: AddRoute = (gateway, context) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/messages",
    config: { operation: "messages.create" },
    // Items are judged one by one, so that one wrong message does not stop the others.
    validatorCompiler: () => (data: unknown) => ({ value: data }),
    schema: {
      operationId: "createMessages",
      summary: "Send one message or many",
      description:
        "202 once the message is durable. Of many, each has its own outcome: 202 when all were accepted, 207 otherwise. An Idempotency-Key maps to the message ids: a repetition sends nothing twice.",
      tags: ["messages"],
      security: TENANT_KEY,
      headers: idempotencyHeaders,
      body,
      response: {
        202: z.union([accepted, batchAnswer]).meta({ examples: [ACCEPTED_EXAMPLE] }),
        207: batchAnswer.meta({
          examples: [
            { accepted: 1, refused: 1, results: [{ index: 0, ...ACCEPTED_EXAMPLE }, REFUSED_EXAMPLE] },
          ],
        }),
        ...problemResponses(400, 402, 409, 413, 415, 422),
      },
    },
    handler: async (request, reply) => {
      const items = itemsOf(request.body);
      const work =
        items === null
          ? singleWork(context, tenantOf(request), request.body)
          : (ids: readonly string[]) => submitMany(context, tenantOf(request), items, ids);
      const effect = await once(
        context.dependencies.idempotency,
        {
          scope: `tenant:${tenantOf(request)}:messages`,
          key: idempotencyKey(request),
          body: request.body,
          resourceIds: (items ?? [null]).map(() => context.dependencies.newId()),
          now: context.dependencies.clock.now(),
          fromIds: (ids) => fromIds(ids, items !== null),
        },
        work,
      );
      return sendEffect(reply, effect);
    },
  });
};

function tenantOf(request: FastifyRequest): string {
  const actor = actorOf(request);
  if (actor.kind !== "tenant") throw new Error("messages are a tenant's");
  return actor.tenantId;
}

/** The messages of a batch, null for a single one. */
function itemsOf(value: unknown): readonly unknown[] | null {
  const list = Array.isArray(value) ? value : listIn(value);
  if (list === null) return null;
  if (list.length === 0) throw fieldProblem("messages", "must hold at least one message");
  if (list.length > BATCH_MAX)
    throw fieldProblem(
      "messages",
      `may hold ${BATCH_MAX} messages, not ${list.length}: send them in several requests`,
    );
  return list;
}

function listIn(value: unknown): readonly unknown[] | null {
  if (value === null || typeof value !== "object" || !("messages" in value)) return null;
  if (!Array.isArray(value.messages)) throw fieldProblem("messages", "must be a list of messages");
  const others = Object.keys(value).filter((key) => key !== "messages");
  if (others[0] !== undefined)
    throw fieldProblem(others[0], "is not a field of this request: remove it or put it into each message");
  return value.messages;
}

function singleWork({ dependencies }: RouteContext, tenantId: string, value: unknown) {
  const parsed = messageRequest.safeParse(value);
  // Refused before a key is claimed: a corrected request may use the same one.
  if (!parsed.success) throw validationProblem(fieldErrors(parsed.error.issues));
  const message = parsed.data;
  return async ([messageId = ""]: readonly string[]): Promise<Effect> => {
    const outcome = await dependencies.acceptQueue.submit(toSubmission(tenantId, messageId, message));
    if (outcome.ok) return { status: 202, body: toAccepted(outcome, message) };
    const refusal = refusalOf(outcome.code, outcome.message);
    throw new ProblemError(refusal.problem, outcome.message, {
      errors: [{ path: refusal.path ?? "", message: outcome.message }].filter(({ path }) => path !== ""),
      ...(refusal.problem === "unavailable" ? { retryAfter: 1 } : {}),
    });
  };
}

function toAccepted(
  outcome: Extract<AcceptOutcome, { ok: true }>,
  message: MessageRequest,
): z.infer<typeof accepted> {
  return {
    message_id: outcome.messageId,
    status: "accepted",
    parts: outcome.parts,
    encoding: outcome.encoding,
    accepted_at: isoTime(outcome.acceptedAt),
    reference: message.reference ?? null,
  };
}

type ItemResult = z.infer<typeof batchAnswer>["results"][number];

async function submitMany(
  { dependencies }: RouteContext,
  tenantId: string,
  items: readonly unknown[],
  ids: readonly string[],
): Promise<Effect> {
  const results: ItemResult[] = [];
  const valid: { readonly index: number; readonly message: MessageRequest }[] = [];
  for (const [index, item] of items.entries()) {
    const parsed = messageRequest.safeParse(item);
    if (parsed.success) valid.push({ index, message: parsed.data });
    else
      results[index] = refusedItem(
        index,
        "validation_failed",
        null,
        fieldErrors(parsed.error.issues, `messages[${index}]`),
      );
  }
  const outcomes = await dependencies.ingress.accept(
    valid.map(({ index, message }) => toSubmission(tenantId, ids[index] ?? dependencies.newId(), message)),
    { oneRequest: true },
  );
  let retryable = false;
  for (const [position, { index, message }] of valid.entries()) {
    const outcome = outcomes[position];
    if (outcome === undefined) throw new Error("ingress gave fewer outcomes than submissions");
    if (outcome.ok) {
      results[index] = { index, ...toAccepted(outcome, message) };
      continue;
    }
    const refusal = refusalOf(outcome.code, outcome.message);
    retryable ||= refusal.retryable;
    const path = `messages[${index}]${refusal.path === null ? "" : `.${refusal.path}`}`;
    results[index] = refusedItem(index, refusal.problem, outcome.message, [
      { path, message: outcome.message },
    ]);
  }
  const count = results.filter(({ status }) => status === "accepted").length;
  const refused = items.length - count;
  return {
    status: refused === 0 ? 202 : 207,
    body: { accepted: count, refused, results },
    // Where nothing was accepted and it may succeed later, the same key may be tried again. Once something was, its answer stands.
    effective: count > 0 || !retryable,
  };
}

function refusedItem(
  index: number,
  code: ProblemCode,
  detail: string | null,
  errors: readonly FieldError[],
): ItemResult {
  const { status, title } = PROBLEMS[code];
  const said = detail ?? errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return {
    index,
    status: "refused",
    problem: { type: problemType(code), title, status, code, detail: said, errors: [...errors] },
  };
}

/** A repetition after the first answer was forgotten: the ids are what matters. */
function fromIds(ids: readonly string[], batch: boolean): Effect {
  const known = ids.map((id, index) => ({
    index,
    message_id: id,
    status: "accepted" as const,
    parts: 1,
    encoding: "unknown",
    accepted_at: isoTime(acceptedAtOf(id)),
    reference: null,
  }));
  if (!batch) {
    const { index: _index, ...single } = known[0] ?? { index: 0, ...ACCEPTED_EXAMPLE };
    return { status: 202, body: single };
  }
  return { status: 202, body: { accepted: known.length, refused: 0, results: known } };
}
