import type { MessageStatus } from "#domain/events/message-status.ts";
import type { StageHandler } from "#domain/events/ports.ts";
import type { PendingReceipt } from "#domain/messages/ports.ts";
import type { PartOutcome, PartOutcomes } from "#domain/sms/ports.ts";
import type { ReceiptSender } from "./receipt-sender.ts";

export interface ReceiptsDependencies {
  readonly sender: Pick<ReceiptSender, "send">;
  readonly partOutcomes: PartOutcomes;
}

type Owed = PendingReceipt & { readonly addresses: { from: string; to: string } | null };

/**
 * The receipts that ESMEs asked for: one per message, when it is final. A message of several parts is final when each part is;
 * their outcomes are kept until then. A batch that comes again sends its receipts again: at least once.
 */
export function createReceiptsHandler({
  sender,
  partOutcomes,
}: ReceiptsDependencies): StageHandler<MessageStatus> {
  return async (records) => {
    const owed: Owed[] = [];
    const ofSeveralParts = new Map<string, MessageStatus>();
    const outcomes: PartOutcome[] = [];
    for (const { event } of records) {
      if (event.state === "sent" || event.origin?.door !== "smpp" || !event.origin.receipt) continue;
      if (event.origin.systemId === undefined) continue;
      if (event.part === 0 || event.parts === 1 || event.state === "blocked") {
        owed.push(owedReceipt(event, event.origin.systemId));
        continue;
      }
      const { messageId, part, parts, state, at } = event;
      ofSeveralParts.set(messageId, event);
      outcomes.push({ messageId, part, parts, state, at });
    }
    if (outcomes.length > 0) {
      for (const { messageId, state, at } of await partOutcomes.settle(outcomes)) {
        const event = ofSeveralParts.get(messageId);
        if (event?.origin?.systemId === undefined) continue;
        owed.push({ ...owedReceipt(event, event.origin.systemId), part: 0, state, at });
      }
    }
    if (owed.length > 0) await sender.send(owed);
  };
}

function owedReceipt(event: MessageStatus, systemId: string): Owed {
  const { tenantId, messageId, part, parts, state, at, acceptedAt, code, addresses } = event;
  return {
    systemId,
    tenantId,
    messageId,
    part,
    parts,
    state,
    at,
    acceptedAt,
    code: code ?? null,
    addresses: addresses ?? null,
  };
}
