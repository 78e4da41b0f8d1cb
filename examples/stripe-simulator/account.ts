import { randomBytes } from "node:crypto";
import type { Faults } from "../provider-simulator/faults.ts";
import type { Records } from "../provider-simulator/records.ts";
import type { WebhookSender } from "../provider-simulator/webhook-sender.ts";
import { missing } from "./errors.ts";
import type { BalanceTransaction, StripeEvent } from "./objects.ts";

export interface AccountOptions {
  readonly records: Records;
  readonly faults: Faults;
  readonly sender: WebhookSender;
  /** Epoch ms. */
  readonly now: () => number;
  /** Where the simulator's own pages are reached. */
  readonly baseUrl: () => string;
  /** Until a bank debit ends. */
  readonly processingMs: number;
  readonly apiVersion: string;
}

/** One Stripe account: its objects, its balance, and the events that tell of them. */
export class Account {
  readonly options: AccountOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #released: (() => void)[] = [];
  #request: StripeEvent["request"] = { id: null, idempotency_key: null };

  constructor(options: AccountOptions) {
    this.options = options;
  }

  /** Runs work as one transaction: its objects are on disk before its webhooks leave. A throw keeps what happened before it. */
  transaction<Result>(request: StripeEvent["request"], work: () => Result): Result {
    this.#request = request;
    try {
      return work();
    } finally {
      this.options.records.commit();
      const released = this.#released;
      this.#released = [];
      for (const release of released) release();
    }
  }

  /** Runs work in a transaction of its own after a while. */
  later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.transaction({ id: null, idempotency_key: null }, work);
    }, ms);
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  id(prefix: string): string {
    return `${prefix}_${randomBytes(12).toString("hex")}`;
  }

  seconds(): number {
    return Math.floor(this.options.now() / 1000);
  }

  find<Row>(table: string, id: string): Row | undefined {
    return this.options.records.get<Row>(table, id);
  }

  /** @throws StripeError 404. */
  get<Row>(table: string, id: string, param?: string): Row {
    const row = this.find<Row>(table, id);
    if (row === undefined) throw missing(table.replace(/s$/, ""), id, param);
    return row;
  }

  all<Row>(table: string): Row[] {
    return this.options.records.all<Row>(table);
  }

  put<Row extends { readonly id: string }>(table: string, row: Row): Row {
    this.options.records.put(table, row.id, row);
    return row;
  }

  /** Tells of an object; the webhook leaves after the transaction. */
  emit(type: string, object: unknown): void {
    const event: StripeEvent = {
      id: this.id("evt"),
      object: "event",
      api_version: this.options.apiVersion,
      created: this.seconds(),
      livemode: false,
      pending_webhooks: 1,
      request: this.#request,
      type,
      data: { object },
    };
    this.put("events", event);
    // Stripe indents; receivers must verify the bytes as they came.
    this.#released.push(this.options.sender.enqueue(event.id, type, JSON.stringify(event, null, 2)));
  }

  /** Moves the balance: `amount` is signed, the fee is taken besides. */
  move(
    movement: Pick<BalanceTransaction, "amount" | "fee" | "currency" | "type" | "source"> & {
      category: string;
      description?: string;
    },
  ): BalanceTransaction {
    const { category, description, ...rest } = movement;
    const created = this.seconds();
    return this.put("balance_transactions", {
      id: this.id("txn"),
      object: "balance_transaction" as const,
      created,
      available_on: created,
      ...rest,
      net: movement.amount - movement.fee,
      description: description ?? null,
      exchange_rate: null,
      reporting_category: category,
      status: "available" as const,
    });
  }
}
