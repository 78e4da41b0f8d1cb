import { v7 as uuidv7 } from "uuid";
import type { Clock } from "#domain/clock.ts";
import { Poison, Unavailable } from "#domain/errors.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import { messagingTopic } from "#domain/messages/channels.ts";
import { type AcceptOutcome, type Refused, refused, type Submission } from "#domain/messages/submission.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import type { ReservationOutcome, WalletReservations } from "#domain/wallet/ports.ts";
import type { Ingress } from "./ingress.ts";
import { createUnreserved, type Unreserved } from "./unreserved.ts";
import { createPreparation, type Prepared, type PrepareDependencies } from "./prepare.ts";

export interface IngressDependencies extends PrepareDependencies {
  readonly control: ControlView;
  readonly wallets: WalletReservations;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
  /** Makes a UUIDv7 for the moment `now` (epoch ms). */
  readonly newMessageId?: (now: number) => string;
  /** Told of every outcome, for metrics. */
  readonly onOutcome?: (submission: Submission, outcome: AcceptOutcome) => void;
}

const NOT_AVAILABLE =
  "The message was not accepted because a server is away: submit it again, with the same Idempotency-Key where it had one.";

/** A prepared message and its place in the batch. */
interface Placed {
  readonly index: number;
  /** The id was made in this call: no earlier attempt can have reserved or published it. */
  readonly isNew: boolean;
  readonly prepared: Prepared;
}

/**
 * The ingress: reads, resolves and prices each submission, reserves its price (one call per wallet), publishes it. The id's own
 * timestamp is the time of acceptance, so that the same id accepted again gives the same event, the same price and the same billing keys.
 */
export function createIngress(dependencies: IngressDependencies): Ingress {
  const { control, clock, onOutcome, newMessageId = (now: number) => uuidv7({ msecs: now }) } = dependencies;
  const prepare = createPreparation(dependencies);
  const unreserved = createUnreserved(control);

  return {
    async accept(submissions, { oneRequest = false } = {}) {
      const outcomes: AcceptOutcome[] = submissions.map(() => refused("unavailable", NOT_AVAILABLE));
      if (submissions.length === 0) return outcomes;
      if (await isCurrent(control)) {
        const messages: Placed[] = [];
        const now = clock.now();
        for (const [index, submission] of submissions.entries()) {
          const messageId = submission.messageId ?? newMessageId(now);
          const prepared = prepare(submission, messageId, acceptanceTime(messageId));
          if (prepared.ok) messages.push({ index, isNew: submission.messageId === undefined, prepared });
          else outcomes[index] = prepared;
        }
        await reserveAndPublish(dependencies, unreserved, oneRequest ? sized(messages) : messages, outcomes);
      }
      if (onOutcome !== undefined) {
        for (const [index, submission] of submissions.entries()) onOutcome(submission, outcomes[index]!);
      }
      return outcomes;
    },
  };
}

/** The millisecond in a UUIDv7's first 48 bits (RFC 9562 §5.7). */
function acceptanceTime(messageId: string): number {
  return Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
}

async function isCurrent(control: ControlView): Promise<boolean> {
  try {
    await control.confirm();
    return true;
  } catch (error) {
    if (error instanceof Unavailable) return false;
    throw error;
  }
}

/** Only messages that may go count: a request cannot be made to look larger by what is refused. */
function sized(messages: readonly Placed[]): readonly Placed[] {
  const requestSize = new Set(messages.map(({ prepared }) => prepared.event.messageId)).size;
  if (requestSize < 2) return messages;
  return messages.map((message) => {
    const { event } = message.prepared;
    const origin = { ...event.origin, requestSize };
    return { ...message, prepared: { ...message.prepared, event: { ...event, origin } } };
  });
}

/** Writes the outcome of each message to its place; what it does not write stays `unavailable`. */
async function reserveAndPublish(
  { wallets, publisher }: IngressDependencies,
  unreserved: Unreserved,
  messages: readonly Placed[],
  outcomes: AcceptOutcome[],
): Promise<void> {
  const perWallet = [...Map.groupBy(messages, ({ prepared }) => prepared.event.walletId)];
  const answers = await Promise.all(
    perWallet.map(([walletId, placed]) => reserve(wallets, unreserved, walletId, placed)),
  );
  const reserved: Placed[] = [];
  for (const [position, [, placed]] of perWallet.entries()) {
    const answer = answers[position]!;
    for (const [index, message] of placed.entries()) {
      const outcome = Array.isArray(answer) ? answer[index]! : answer;
      if (outcome === "reserved") reserved.push(message);
      else if (outcome === "closed") outcomes[message.index] = accepted(message);
      else if (outcome === "insufficient") outcomes[message.index] = insufficientFunds();
      else outcomes[message.index] = outcome;
    }
  }
  if (reserved.length === 0) return;
  try {
    await publisher.publish(records(reserved));
  } catch (error) {
    await giveBack(wallets, reserved);
    if (error instanceof Unavailable) return;
    throw error;
  }
  for (const message of reserved) outcomes[message.index] = accepted(message);
}

/** The wallet's answers, or the one refusal that holds for all of its messages. */
async function reserve(
  wallets: WalletReservations,
  unreserved: Unreserved,
  walletId: string,
  placed: readonly Placed[],
): Promise<ReservationOutcome[] | Refused> {
  const requests = placed.map(({ prepared }) => ({
    messageId: prepared.event.messageId,
    amount: prepared.amount,
  }));
  try {
    const outcomes = [...(await wallets.reserve(walletId, placed[0]!.prepared.creditLimit, requests))];
    unreserved.reset(walletId);
    return outcomes;
  } catch (error) {
    if (error instanceof Poison)
      return refused("no_wallet", "The tenant's wallet is not in the ledger: finish its onboarding.");
    if (!(error instanceof Unavailable)) throw error;
    // The amounts may have been set aside although the answer was lost.
    await giveBack(wallets, placed);
    const { tenantId } = placed[0]!.prepared.event;
    return unreserved.decide(tenantId, walletId, requests) ?? refused("unavailable", NOT_AVAILABLE);
  }
}

/**
 * Releases what this call set aside, as far as the store can be reached: the rest is found by the wallet's reconciliation. A repeated
 * id keeps its reservation, because the message of an earlier attempt may be on its way.
 */
async function giveBack(wallets: WalletReservations, messages: readonly Placed[]): Promise<void> {
  const perWallet = Map.groupBy(
    messages.filter(({ isNew }) => isNew),
    ({ prepared }) => prepared.event.walletId,
  );
  await Promise.allSettled(
    [...perWallet].map(([walletId, placed]) =>
      wallets.release(
        walletId,
        placed.map(({ prepared }) => prepared.event.messageId),
      ),
    ),
  );
}

/** One record per message id: the same id twice in a batch is one message. */
function records(messages: readonly Placed[]): { topic: string; key: string; value: string }[] {
  const events = new Map(messages.map(({ prepared }) => [prepared.event.messageId, prepared.event]));
  return Array.from(events.values(), (event) => ({
    topic: messagingTopic(event.channel, "submitted"),
    key: event.conversation,
    value: JSON.stringify(event),
  }));
}

function accepted({ prepared: { event } }: Placed): AcceptOutcome {
  const { messageId, parts, encoding, to, acceptedAt } = event;
  return { ok: true, messageId, parts, encoding: encoding === "ucs2" ? "ucs2" : "gsm7", to, acceptedAt };
}

function insufficientFunds(): Refused {
  return refused("insufficient_funds", "The wallet does not cover the message: top it up.");
}
