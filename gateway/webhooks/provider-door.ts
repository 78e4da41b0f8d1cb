import { z } from "zod";
import { Unavailable } from "#domain/errors.ts";
import type { PaymentProviderName, ProviderEvent } from "#domain/payments/ports.ts";
import type { AddRoute } from "../rest/context.ts";
import type { ProviderDoor, WebhookOutcome } from "../rest/dependencies.ts";
import { ProblemError } from "../rest/problems.ts";

/** Providers' events have a few kilobytes; an account's largest object stays below this. */
const BODY_BYTES_MAX = 256 * 1024;

const received = z.object({ received: z.literal(true) }).meta({ examples: [{ received: true }] });

/**
 * POST /webhooks/<provider>: 200 once the event is stored, 400 for a signature that is not the provider's. Whatever cannot be handed on to the
 * payment's flow now waits in the store for the next turn.
 */
export function providerRoute(provider: PaymentProviderName, title: string): AddRoute {
  return (gateway, { dependencies }) => {
    const { clock, logger, providerDoor } = dependencies;
    void gateway.register(async (door) => {
      // The signature is over the bytes as they came.
      door.removeAllContentTypeParsers();
      door.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      door.route({
        method: "POST",
        url: `/webhooks/${provider}`,
        bodyLimit: BODY_BYTES_MAX,
        schema: {
          operationId: `receive${title}Webhook`,
          summary: `${title}'s webhooks`,
          description: `For ${title} alone: signed by it, at most 256 KB. Events that come twice, late or out of order do no harm.`,
          tags: ["webhooks"],
          response: { 200: received },
        },
        handler: async ({ body, headers }) => {
          const webhooks = providerDoor.webhooks[provider];
          if (webhooks === undefined)
            throw new ProblemError("not_found", `${title} is not configured here: see docs/payments.md.`);
          const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
          const read = await webhooks.read(bytes, single(headers), clock.now());
          if (read.kind === "forged") {
            providerDoor.count(provider, "forged");
            logger.warn({ provider, why: read.why }, "a webhook was refused");
            throw new ProblemError(
              "validation_failed",
              `The webhook's signature is not accepted: ${read.why}.`,
            );
          }
          providerDoor.count(provider, await take(providerDoor, read.event));
          return { received: true as const };
        },
      });
    });
  };
}

async function take(door: ProviderDoor, event: ProviderEvent): Promise<WebhookOutcome> {
  if (event.kind === "ignored") return "ignored";
  const known = (await door.events.accept(event)) === "known";
  if (!known) await handOn(door, event).catch(laterIfAway);
  return known ? "known" : "accepted";
}

/** The store has it: a flow that cannot be reached is told in the next turn. */
function laterIfAway(error: unknown): void {
  if (!(error instanceof Unavailable)) throw error;
}

async function handOn(
  { events, signals }: Pick<ProviderDoor, "events" | "signals">,
  event: ProviderEvent,
): Promise<void> {
  await events.handedOn(event, await signals.changed(event));
}

/** Enough for a turn; the next one takes the rest. */
const TURN_MAX = 200;
/** Younger ones are being handed on by the request that brought them. */
const AGE_MS_MIN = 5_000;

/** Tells the flows of what was stored and not handed on: the gateway's process ended, or Temporal was away. */
export async function handOnWaiting(
  door: Pick<ProviderDoor, "events" | "signals">,
  ageMs: number = AGE_MS_MIN,
): Promise<number> {
  const waiting = await door.events.waiting(ageMs, TURN_MAX);
  const failures: unknown[] = [];
  for (const event of waiting) {
    // One that fails must not hold up those behind it.
    await handOn(door, event).catch((error: unknown) => failures.push(error));
    if (failures.at(-1) instanceof Unavailable) break;
  }
  if (failures.length > 0) throw failures[0];
  return waiting.length;
}

/** No provider sends a header of these twice. */
function single(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : undefined]),
  );
}
