import { Poison } from "#domain/errors.ts";
import { billingEventId, type UsageEvent } from "#domain/events/billing-event.ts";
import type { FirewallEvent } from "#domain/events/firewall-event.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { OutgoingRecord } from "#domain/events/ports.ts";
import type { BlockVerdict, Verdict } from "#domain/firewall/verdict.ts";
import { messagingTopic, ratingChannel } from "#domain/messages/channels.ts";
import { destinationPrefix } from "#domain/messages/numbers.ts";
import { formatMoney, money, type Money, parseMoney } from "#domain/money/money.ts";

/** Appends to `outgoing` everything that a verdict on `message` means for the others; `now` in epoch ms. */
export function verdictRecords(
  message: MessageSubmitted,
  verdict: Verdict,
  now: number,
  outgoing: OutgoingRecord[],
): void {
  if (verdict.verdict === "expired") return expiredRecords(message, now, outgoing);
  if (message.holds.scan !== "0") outgoing.push(billing(message, "firewall.scan", message.holds.scan, now));
  outgoing.push(verdictRecord(message, verdict, now));
  if (verdict.verdict === "block") return blockRecords(message, verdict, now, outgoing);
  if (message.direction === "inbound") return;
  outgoing.push({
    topic: messagingTopic(message.channel, "cleared"),
    key: message.conversation,
    value: JSON.stringify({ ...message, type: "message.cleared" } satisfies MessageSubmitted),
  });
}

/** The block settles what the scan leaves of the reservation. */
function blockRecords(
  message: MessageSubmitted,
  verdict: BlockVerdict,
  now: number,
  outgoing: OutgoingRecord[],
): void {
  const { code, reason } = verdict;
  outgoing.push(
    statusRecord(message, { state: "blocked", at: now, code, reason }),
    billing(message, "firewall.block", sendingHold(message, "0"), now),
  );
}

/** Too late to send, through no fault of the sender: nothing was scanned, the whole reservation goes back. */
function expiredRecords(message: MessageSubmitted, now: number, outgoing: OutgoingRecord[]): void {
  const reason = "Its validity period ended before it could be sent.";
  const eventType = `${ratingChannel(message.channel)}.expired`;
  outgoing.push(
    statusRecord(message, { state: "expired", at: now, code: "validity", reason }),
    billing(message, eventType, sendingHold(message, message.holds.scan), now),
  );
}

function sendingHold({ messageId, holds, parts }: MessageSubmitted, scan: string): string {
  const [first, submit, part] = [scan, holds.submit, holds.part].map((text) => held(messageId, text));
  return formatMoney(money(first! + submit! + part! * BigInt(parts)));
}

function held(messageId: string, text: string): Money {
  const amount = parseMoney(text);
  if (amount === null) throw new Poison(`Message ${messageId} holds an amount that is no decimal`);
  return amount;
}

function verdictRecord(message: MessageSubmitted, verdict: Verdict, now: number): OutgoingRecord {
  const event: FirewallEvent = {
    v: 1,
    type: "firewall.verdict",
    messageId: message.messageId,
    tenantId: message.tenantId,
    channel: message.channel,
    direction: message.direction,
    conversation: message.conversation,
    ...(message.country === null ? {} : { country: message.country }),
    ...(/^\+\d+$/.test(message.to) ? { prefix: destinationPrefix(message.to) } : {}),
    verdict: verdict.verdict === "block" ? "block" : "pass",
    ...(verdict.verdict === "block"
      ? { code: verdict.code, ruleId: verdict.ruleId, reason: verdict.reason }
      : {}),
    at: now,
  };
  return { topic: "firewall.events", key: message.conversation, value: JSON.stringify(event) };
}

function statusRecord(
  message: MessageSubmitted,
  change: Pick<MessageStatus, "state" | "at" | "code" | "reason">,
): OutgoingRecord {
  const { origin, from, to } = message;
  const event: MessageStatus = {
    v: 1,
    type: "message.status",
    messageId: message.messageId,
    tenantId: message.tenantId,
    walletId: message.walletId,
    channel: message.channel,
    conversation: message.conversation,
    part: 0,
    parts: message.parts,
    ...change,
    origin,
    ...(origin.door === "smpp" && origin.receipt ? { addresses: { from, to } } : {}),
    acceptedAt: message.acceptedAt,
    ...(message.reference === undefined ? {} : { reference: message.reference }),
  };
  return {
    topic: messagingTopic(message.channel, "status"),
    key: message.conversation,
    value: JSON.stringify(event),
  };
}

function billing(message: MessageSubmitted, eventType: string, hold: string, now: number): OutgoingRecord {
  const event: UsageEvent = {
    v: 1,
    kind: "usage",
    id: billingEventId(message.messageId, eventType, 0),
    eventType,
    messageId: message.messageId,
    part: 0,
    tenantId: message.tenantId,
    walletId: message.walletId,
    channel: eventType.startsWith("firewall.") ? "firewall" : ratingChannel(message.channel),
    at: now,
    acceptedAt: message.acceptedAt,
    units: 1,
    country: message.country,
    operator: message.operator,
    hold,
    ...(message.origin.requestSize === undefined ? {} : { requestSize: message.origin.requestSize }),
  };
  return { topic: "billing.events", key: message.walletId, value: JSON.stringify(event) };
}
