import type { Clock } from "#domain/clock.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import { correctionEvent, type Corrections } from "#domain/wallet/corrections.ts";

/** Published together: one Kafka request. */
const PER_TURN = 500;
/** Turns of one pass; what is left waits for the next. */
const TURNS_MAX = 100;

/**
 * Publishes decided corrections until the ledger has them: the process that decided may have died right after. Answers how many were
 * published and how many were found posted.
 * @throws Unavailable when PostgreSQL or Kafka cannot be reached.
 */
export async function postCorrections(
  corrections: Pick<Corrections, "pending" | "markPublished" | "markPosted">,
  publisher: EventPublisher,
  clock: Clock,
): Promise<{ readonly published: number; readonly posted: number }> {
  const posted = await corrections.markPosted(clock.now());
  let published = 0;
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const pending = await corrections.pending(clock.now(), PER_TURN);
    if (pending.length === 0) break;
    await publisher.publish(
      pending.map((correction) => ({
        topic: "billing.events",
        key: correction.walletId,
        value: JSON.stringify(correctionEvent(correction)),
      })),
    );
    await corrections.markPublished(
      pending.map(({ correctionId }) => correctionId),
      clock.now(),
    );
    published += pending.length;
  }
  return { published, posted };
}
