import type { Clock } from "#domain/clock.ts";
import { Unavailable } from "#domain/errors.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { EventPublisher, OutgoingRecord, StageHandler } from "#domain/events/ports.ts";
import { add, formatMoney, money, parseMoney, ZERO } from "#domain/money/money.ts";
import type { Money } from "#domain/money/money.ts";
import type { SentParts, SmsPart, SmsSubmitOutcome } from "#domain/sms/ports.ts";
import { messageParts } from "./parts.ts";
import { billingRecord, factsOf, isHeld, statusRecord } from "./records.ts";
import type { MessageFacts } from "./records.ts";
import type { ChooseCarriers } from "./routes.ts";
import type { PartResult, PartResults } from "./sent-parts.ts";

export interface SmsStageDependencies {
  /** See createRouter. */
  readonly choose: ChooseCarriers;
  /** See createSentParts; the receipts of the same connectors must be given the same one. */
  readonly sent: SentParts & PartResults;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
}

/**
 * Sends cleared messages: every part of a batch is handed to its connector at once, so that the connector's window is the only
 * limit, and its outcome is published as soon as it is known. The batch is done when every outcome is durable.
 *
 * A batch handed out again repeats what was published before and sends only parts whose outcome this process does not
 * know: at least once, as SMPP 3.4 has no key that would let an SMSC recognise a repetition.
 */
export function createSmsHandler(dependencies: SmsStageDependencies): StageHandler<MessageSubmitted> {
  return async (records) => {
    const outbound = records.filter(({ event }) => event.direction === "outbound");
    const results = await Promise.allSettled(outbound.map(({ event }) => sendMessage(dependencies, event)));
    const failures = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as unknown] : [],
    );
    // A bug outranks a server that is away: it must not be retried for ever.
    const failure = failures.find((error) => !(error instanceof Unavailable)) ?? failures[0];
    if (failure !== undefined) throw failure;
  };
}

async function sendMessage(dependencies: SmsStageDependencies, message: MessageSubmitted): Promise<void> {
  const { clock, publisher, sent } = dependencies;
  const facts = factsOf(message);
  const result = messageParts(message);
  if (!result.ok) {
    await publisher.publish(refusedWhole(facts, result.code, result.reason, clock.now()));
    return;
  }
  const parts = result.parts.length;
  const begun = result.parts.some((_, index) => sent.of(message.messageId, index + 1) !== undefined);
  if (!begun && clock.now() >= message.expiresAt) {
    await publisher.publish(expiredWhole(facts, clock.now()));
    return;
  }
  const outcomes = await Promise.all(
    result.parts.map((part, index) => sendPart(dependencies, facts, part, index + 1)),
  );
  // What settles the whole message's shares waits for all of its parts.
  const closing = closeMessage({ ...facts, parts }, outcomes, clock.now());
  if (closing.length > 0) await publisher.publish(closing);
}

type PartEnd = "accepted" | "refused" | "expired";

/** Sends one part and publishes its outcome. Throws Unavailable when no connector could take it. */
async function sendPart(
  dependencies: SmsStageDependencies,
  facts: MessageFacts,
  part: SmsPart,
  number: number,
): Promise<PartEnd> {
  const { sent, publisher } = dependencies;
  const known = sent.of(facts.messageId, number);
  const result = known ?? (await submitPart(dependencies, facts, part));
  if (result === "expired") {
    return "expired";
  }
  const { outcome, connector, at } = result;
  if (known === undefined) sent.record(facts.messageId, number, result);
  if (outcome.kind === "accepted") {
    const { carrierMessageId } = outcome;
    // Before anything is awaited: the receipt may be in the same read of the socket.
    sent.remember(connector, { ...facts, channel: "sms", part: number, carrierMessageId });
    await publisher.publish([
      statusRecord(facts, { part: number, state: "sent", at, connector, carrierMessageId }),
    ]);
    return "accepted";
  }
  const records = [
    statusRecord(facts, { part: number, state: "rejected", at, code: outcome.code, connector }),
  ];
  if (isHeld(facts.holds.part))
    records.push(billingRecord(facts, "sms.failed", number, at, facts.holds.part));
  await publisher.publish(records);
  return "refused";
}

async function submitPart(
  { choose, clock }: SmsStageDependencies,
  facts: MessageFacts,
  part: SmsPart,
): Promise<PartResult | "expired"> {
  const carriers = choose(facts.to, facts.country);
  let outcome: SmsSubmitOutcome = { kind: "unavailable" };
  for (const carrier of carriers) {
    outcome = await carrier.submit(part);
    if (outcome.kind === "expired") return "expired";
    if (outcome.kind !== "unavailable") return { outcome, connector: carrier.id, at: clock.now() };
  }
  throw new Unavailable(
    carriers.length === 0 ? "smsc: no connector is configured" : `smsc ${carriers[0]?.id}`,
  );
}

/** What is left once every part has ended: the charge for submitting, and the shares of what expired. */
function closeMessage(facts: MessageFacts, ends: readonly PartEnd[], now: number): OutgoingRecord[] {
  if (ends.every((end) => end === "expired")) return expiredWhole(facts, now);
  const { holds } = facts;
  const records: OutgoingRecord[] = [];
  for (const [index, end] of ends.entries()) {
    if (end !== "expired") continue;
    records.push(statusRecord(facts, { part: index + 1, state: "expired", at: now, code: "EXPIRED" }));
    if (isHeld(holds.part)) records.push(billingRecord(facts, "sms.expired", index + 1, now, holds.part));
  }
  if (!isHeld(holds.submit)) return records;
  // Where the carrier took no part, nothing is charged for submitting: part 0 gives the share back.
  const submitted = ends.includes("accepted");
  records.push(
    submitted
      ? billingRecord(facts, "sms.submit", 1, now, holds.submit)
      : billingRecord(facts, "sms.failed", 0, now, holds.submit),
  );
  return records;
}

function expiredWhole(facts: MessageFacts, now: number): OutgoingRecord[] {
  const reason = "Its validity ended before a carrier could take it.";
  const records = [statusRecord(facts, { part: 0, state: "expired", at: now, code: "EXPIRED", reason })];
  const hold = wholeHold(facts);
  if (hold !== ZERO) records.push(billingRecord(facts, "sms.expired", 0, now, formatMoney(hold)));
  return records;
}

function refusedWhole(facts: MessageFacts, code: string, reason: string, now: number): OutgoingRecord[] {
  const records = [statusRecord(facts, { part: 0, state: "rejected", at: now, code, reason })];
  const hold = wholeHold(facts);
  if (hold !== ZERO) records.push(billingRecord(facts, "sms.failed", 0, now, formatMoney(hold)));
  return records;
}

/** All that is reserved beyond the scan, which the firewall has settled. */
function wholeHold({ holds, parts }: MessageFacts): Money {
  const part = parseMoney(holds.part) ?? ZERO;
  return add(parseMoney(holds.submit) ?? ZERO, money(part * BigInt(parts)));
}
