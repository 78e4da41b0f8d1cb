import { Poison } from "#domain/errors.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { Channel } from "#domain/messages/channels.ts";
import { type FinalState, type MessageState, STATE_RANK } from "#domain/messages/state.ts";
import { add, money, parseMoney, ZERO, type Money } from "#domain/money/money.ts";

/** One thing that happened to a message or a part of it. */
export interface Step {
  /** Epoch ms. */
  readonly at: number;
  readonly code?: string;
  readonly reason?: string;
  readonly connector?: string;
}

/** By `state:part`, e.g. `{"cleared:0":{"at":1735149599010},"delivered:1":{"at":1735149601000}}`. */
export type Steps = Readonly<Record<string, Step>>;

/** One entry of a message's timeline. */
export interface TimelineStep {
  /** `accepted`, `cleared`, `sent`, `delivered`, … */
  readonly state: MessageState;
  /** From 1; 0 = the message as a whole. */
  readonly part: number;
  readonly at: number;
  readonly code?: string;
  readonly reason?: string;
  readonly connector?: string;
}

/** What every event of a message tells. */
export interface MessageIdentity {
  readonly messageId: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly channel: Channel;
  readonly conversation: string;
  readonly acceptedAt: number;
  readonly parts: number;
}

export interface CarrierPart {
  readonly connector: string;
  readonly carrierMessageId: string;
  readonly part: number;
  readonly sentAt: number;
}

/** All that a batch of events says of one message. */
export interface MessageChange {
  readonly identity: MessageIdentity;
  /** Null when only statuses came. */
  readonly submission: MessageSubmitted | null;
  readonly steps: Steps;
  readonly carrierParts: readonly CarrierPart[];
}

/** What follows from the steps; the stored columns of these names hold nothing else. */
export interface DerivedState {
  readonly state: MessageState;
  /** Epoch ms of the final state. */
  readonly finalAt: number | null;
  /** What of the reservation has not been settled: nothing once the state is final. */
  readonly holdOpen: Money;
}

export function stepKey(state: MessageState, part: number): string {
  return `${state}:${part}`;
}

/**
 * Joins two sets of steps. Of the same step told twice the earlier stands, so the result depends neither on the order nor on
 * how often anything is told. Returns `left` itself when `right` adds nothing.
 */
export function mergeSteps(left: Steps, right: Steps): Steps {
  let merged: Record<string, Step> | undefined;
  for (const [key, step] of Object.entries(right)) {
    const known = left[key];
    if (known !== undefined && !isEarlier(step, known)) continue;
    merged ??= { ...left };
    merged[key] = step;
  }
  return merged ?? left;
}

function isEarlier(step: Step, known: Step): boolean {
  if (step.at !== known.at) return step.at < known.at;
  return description(step) < description(known);
}

function description(step: Step): string {
  return JSON.stringify([step.code ?? "", step.reason ?? "", step.connector ?? ""]);
}

/** Collapses events to one change per message, in the order in which the messages first appear. */
export function collapse(events: Iterable<MessageSubmitted | MessageStatus>): Map<string, MessageChange> {
  const changes = new Map<string, MessageChange>();
  for (const event of events) {
    const change = event.type === "message.status" ? statusChange(event) : submissionChange(event);
    const known = changes.get(event.messageId);
    changes.set(event.messageId, known === undefined ? change : mergeChanges(known, change));
  }
  return changes;
}

export function mergeChanges(left: MessageChange, right: MessageChange): MessageChange {
  return {
    identity: left.identity,
    submission: left.submission ?? right.submission,
    steps: mergeSteps(left.steps, right.steps),
    carrierParts:
      right.carrierParts.length === 0 ? left.carrierParts : [...left.carrierParts, ...right.carrierParts],
  };
}

function submissionChange(event: MessageSubmitted): MessageChange {
  const cleared = event.type === "message.cleared";
  return {
    identity: event,
    submission: event,
    steps: cleared ? { [stepKey("cleared", 0)]: { at: event.clearedAt ?? event.acceptedAt } } : {},
    carrierParts: [],
  };
}

function statusChange(event: MessageStatus): MessageChange {
  const { state, part, at, code, reason, connector, carrierMessageId } = event;
  const step: Step = {
    at,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(connector === undefined ? {} : { connector }),
  };
  const isSent = state === "sent" && connector !== undefined && carrierMessageId !== undefined;
  return {
    identity: event,
    submission: null,
    steps: { [stepKey(state, part)]: step },
    carrierParts: isSent ? [{ connector, carrierMessageId, part, sentAt: at }] : [],
  };
}

/** @param holds null while the submission is unknown: nothing is then known to be open. */
export function deriveState(
  steps: Steps,
  parts: number,
  holds: MessageSubmitted["holds"] | null,
): DerivedState {
  const final = finalOutcome(steps, parts);
  if (final !== undefined) return { state: final.state, finalAt: final.at, holdOpen: ZERO };
  const state = highestOnTheWay(steps);
  return { state, finalAt: null, holdOpen: holds === null ? ZERO : openHold(steps, parts, holds, state) };
}

interface Outcome {
  readonly state: FinalState;
  readonly at: number;
}

/** Expiry is not among them: any of these outranks it. Of two at the same millisecond the one named first stands. */
const DECISIVE = ["delivered", "failed", "rejected", "blocked"] as const satisfies readonly FinalState[];

function finalOutcome(steps: Steps, parts: number): Outcome | undefined {
  const whole = partOutcome(steps, 0);
  const together = outcomeOfParts(steps, parts);
  if (whole !== undefined && together !== undefined) return together.at < whole.at ? together : whole;
  return whole ?? together ?? expiryOf(steps, 0);
}

function expiryOf(steps: Steps, part: number): Outcome | undefined {
  const step = steps[stepKey("expired", part)];
  return step === undefined ? undefined : { state: "expired", at: step.at };
}

/** The first outcome of one part (0: of the message as a whole). */
function partOutcome(steps: Steps, part: number): Outcome | undefined {
  let first: Outcome | undefined;
  for (const state of DECISIVE) {
    const step = steps[stepKey(state, part)];
    if (step !== undefined && (first === undefined || step.at < first.at)) first = { state, at: step.at };
  }
  return first;
}

/** Final when every part is: what all parts share, or failed. A part that its carrier let expire may still be outranked. */
function outcomeOfParts(steps: Steps, parts: number): Outcome | undefined {
  let together: Outcome | undefined;
  for (let part = 1; part <= parts; part += 1) {
    const outcome = partOutcome(steps, part) ?? expiryOf(steps, part);
    if (outcome === undefined) return undefined;
    together = {
      state: together === undefined || together.state === outcome.state ? outcome.state : "failed",
      at: Math.max(together?.at ?? 0, outcome.at),
    };
  }
  return together;
}

function highestOnTheWay(steps: Steps): MessageState {
  let state: MessageState = "accepted";
  for (const key of Object.keys(steps)) {
    const reached = key.slice(0, key.indexOf(":"));
    // A part's outcome comes after it was sent, whichever of the two was heard of first.
    if (reached !== "cleared") return "sent";
    state = "cleared";
  }
  return state;
}

function openHold(steps: Steps, parts: number, holds: MessageSubmitted["holds"], state: MessageState): Money {
  let openParts = 0n;
  for (let part = 1; part <= parts; part += 1)
    if ((partOutcome(steps, part) ?? expiryOf(steps, part)) === undefined) openParts += 1n;
  let open = money(amountOf(holds.part) * openParts);
  if (STATE_RANK[state] < STATE_RANK.sent) open = add(open, amountOf(holds.submit));
  if (STATE_RANK[state] < STATE_RANK.cleared) open = add(open, amountOf(holds.scan));
  return open;
}

function amountOf(text: string): Money {
  const amount = parseMoney(text);
  if (amount === null) throw new Poison("a hold of the message is not an amount of money");
  return amount;
}

/** The steps as they are shown: from `accepted` on, by time, and at the same time by how far they lead. */
export function timelineOf(steps: Steps, acceptedAt: number): TimelineStep[] {
  const shown: TimelineStep[] = [{ state: "accepted", part: 0, at: acceptedAt }];
  for (const [key, step] of Object.entries(steps)) {
    const [state, part] = key.split(":");
    shown.push({ state: state as MessageState, part: Number(part), ...step });
  }
  return shown.sort(
    (left, right) =>
      left.at - right.at || STATE_RANK[left.state] - STATE_RANK[right.state] || left.part - right.part,
  );
}
