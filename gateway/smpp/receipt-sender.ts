import type { Clock } from "#domain/clock.ts";
import type { PendingReceipt, PendingReceipts, TakenReceipt } from "#domain/messages/ports.ts";
import { ESM_CLASS_RECEIPT, formatReceiptText, MESSAGE_STATES } from "#protocols/smpp/receipt.ts";
import type { ReceiptState } from "#protocols/smpp/receipt.ts";
import type { DeliverOutcome, EsmeSessions } from "./esme-sessions.ts";
import { esmeAddress } from "./addresses.ts";

/** What is stored is tried again this often; a bind tries at once. */
const FLUSH_INTERVAL_MS = 3_000;
const RECEIPTS_PER_FLUSH = 500;
/** Longer than an ESME may take to answer, so that no other gateway sends the same receipt meanwhile. */
const LEASE_MS = 90_000;
/** SMSCs keep receipts for a week at most. */
const RECEIPT_AGE_MAX_MS = 7 * 86_400_000;
const DISCARD_INTERVAL_MS = 3_600_000;

export interface ReceiptSenderStats {
  readonly acknowledged: number;
  readonly stored: number;
  readonly flushed: number;
  /** Given up for their age. */
  readonly discarded: number;
  readonly flushFailures: number;
}

/** Brings receipts to their ESME: now if it is bound and answers, else out of the store once it is. */
export class ReceiptSender {
  readonly #sessions: EsmeSessions;
  readonly #pending: PendingReceipts;
  readonly #clock: Clock;
  readonly #counts = { acknowledged: 0, stored: 0, flushed: 0, discarded: 0, flushFailures: 0 };
  readonly #timers: NodeJS.Timeout[] = [];
  #flushing: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(sessions: EsmeSessions, pending: PendingReceipts, clock: Clock) {
    this.#sessions = sessions;
    this.#pending = pending;
    this.#clock = clock;
    sessions.onReceiver = () => this.flush();
    this.#timers.push(
      setInterval(() => this.flush(), FLUSH_INTERVAL_MS),
      setInterval(() => void this.#discard(), DISCARD_INTERVAL_MS),
    );
  }

  stats(): ReceiptSenderStats {
    return { ...this.#counts };
  }

  /**
   * Resolves when every receipt is acknowledged by its ESME or stored. Receipts whose addresses are not at hand are stored: the store knows them.
   * Throws Unavailable when the store is away.
   */
  async send(
    receipts: readonly (PendingReceipt & { readonly addresses: { from: string; to: string } | null })[],
  ): Promise<void> {
    const undelivered: PendingReceipt[] = [];
    await Promise.all(
      receipts.map(async ({ addresses, ...receipt }) => {
        const outcome =
          addresses === null ? "away" : await this.#deliver({ ...receipt, ...addresses }, false);
        if (outcome === "acknowledged") this.#counts.acknowledged += 1;
        else undelivered.push(receipt);
      }),
    );
    if (undelivered.length === 0) return;
    await this.#pending.store(undelivered);
    this.#counts.stored += undelivered.length;
  }

  /** Sends what is stored for the ESMEs bound now; what fails comes again. */
  flush(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = null;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#flushing;
  }

  async #flushAll(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      const systemIds = this.#sessions.receiving();
      if (systemIds.length === 0) return;
      try {
        const taken = await this.#pending.take(systemIds, RECEIPTS_PER_FLUSH, this.#clock.now(), LEASE_MS);
        const outcomes = await Promise.all(taken.map((receipt) => this.#deliver(receipt, true)));
        const acknowledged = taken.filter((_, index) => outcomes[index] === "acknowledged");
        if (acknowledged.length > 0) await this.#pending.remove(acknowledged);
        this.#counts.flushed += acknowledged.length;
        // A full answer says that there is more; where nothing was acknowledged, more would fare no better.
        if (taken.length === RECEIPTS_PER_FLUSH && acknowledged.length > 0) this.#again = true;
      } catch {
        // The store is away: the next interval tries again.
        this.#counts.flushFailures += 1;
        return;
      }
    }
  }

  async #discard(): Promise<void> {
    try {
      this.#counts.discarded += await this.#pending.discardOlderThan(this.#clock.now() - RECEIPT_AGE_MAX_MS);
    } catch {
      this.#counts.flushFailures += 1;
    }
  }

  /** The receipt comes from the message's destination to its sender (SMPP 3.4 appendix B). */
  #deliver(receipt: TakenReceipt, evenSlow: boolean): Promise<DeliverOutcome> {
    const state = receiptState(receipt);
    const source = esmeAddress(receipt.to);
    const destination = esmeAddress(receipt.from);
    const text = formatReceiptText({
      messageId: receipt.messageId,
      state,
      submittedAt: receipt.acceptedAt,
      doneAt: receipt.at,
      error: MESSAGE_STATES[state].delivered ? "000" : "001",
    });
    return this.#sessions.deliver(
      receipt.systemId,
      {
        source_addr_ton: source.ton,
        source_addr_npi: source.npi,
        source_addr: source.address,
        dest_addr_ton: destination.ton,
        dest_addr_npi: destination.npi,
        destination_addr: destination.address,
        esm_class: ESM_CLASS_RECEIPT,
        short_message: Buffer.from(text, "latin1"),
      },
      { receipted_message_id: receipt.messageId, message_state: MESSAGE_STATES[state].code },
      evenSlow,
    );
  }
}

function receiptState({ state, code }: PendingReceipt): ReceiptState {
  switch (state) {
    case "delivered":
      return "DELIVRD";
    case "expired":
      return "EXPIRED";
    case "blocked":
    case "rejected":
      return "REJECTD";
    case "sent":
      return "ENROUTE";
    case "failed": {
      const known = code !== null && code in MESSAGE_STATES ? (code as ReceiptState) : null;
      return known !== null && MESSAGE_STATES[known].final && !MESSAGE_STATES[known].delivered
        ? known
        : "UNDELIV";
    }
  }
}
