import { randomBytes, randomUUID } from "node:crypto";
import type { Faults } from "../provider-simulator/faults.ts";
import type { Records } from "../provider-simulator/records.ts";
import type { WebhookSender } from "../provider-simulator/webhook-sender.ts";
import { moneyOf } from "./amounts.ts";
import { missing } from "./errors.ts";
import type { Transaction } from "./objects.ts";

export interface AccountOptions {
  readonly records: Records;
  readonly faults: Faults;
  readonly sender: WebhookSender;
  /** Epoch ms. */
  readonly now: () => number;
  readonly baseUrl: () => string;
  /** Until what is pending ends. */
  readonly processingMs: number;
}

/** One PayPal business account: its orders, its balance, and the webhooks that tell of them. */
export class Account {
  readonly options: AccountOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  #released: (() => void)[] = [];

  constructor(options: AccountOptions) {
    this.options = options;
  }

  /** Runs work as one transaction: its resources are on disk before its webhooks leave. */
  transaction<Result>(work: () => Result): Result {
    try {
      return work();
    } finally {
      this.options.records.commit();
      const released = this.#released;
      this.#released = [];
      for (const release of released) release();
    }
  }

  later(work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.transaction(work);
    }, this.options.processingMs);
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Seventeen capitals and digits, as PayPal's are. */
  id(): string {
    return [...randomBytes(17)].map((byte) => "0123456789ABCDEFGHJKLMNPRSTUVWXY"[byte % 32]).join("");
  }

  time(): string {
    return new Date(this.options.now()).toISOString().replace(/\.\d+Z$/, "Z");
  }

  find<Row>(table: string, id: string): Row | undefined {
    return this.options.records.get<Row>(table, id);
  }

  /** @throws PaypalError 404. */
  get<Row>(table: string, id: string): Row {
    const row = this.find<Row>(table, id);
    if (row === undefined) throw missing();
    return row;
  }

  all<Row>(table: string): Row[] {
    return this.options.records.all<Row>(table);
  }

  put<Row>(table: string, id: string, row: Row): Row {
    this.options.records.put(table, id, row);
    return row;
  }

  emit(type: string, resourceType: string, resource: unknown): void {
    const event = {
      id: `WH-${randomUUID().toUpperCase()}`,
      event_version: "1.0",
      create_time: this.time(),
      resource_type: resourceType,
      resource_version: "2.0",
      event_type: type,
      summary: type.toLowerCase().replaceAll(".", " "),
      resource,
      links: [],
    };
    this.put("events", event.id, event);
    this.#released.push(this.options.sender.enqueue(event.id, type, JSON.stringify(event)));
  }

  /** Moves the balance; amount and fee are signed, a fee taken is negative. */
  move(
    id: string,
    code: string,
    { amount, fee, currency }: { amount: bigint; fee: bigint; currency: string },
    more: Pick<Transaction, "custom_field" | "paypal_reference_id" | "paypal_reference_id_type">,
  ): void {
    const time = this.time();
    this.put<Transaction>("transactions", `${id} ${code}`, {
      transaction_id: id,
      transaction_event_code: code,
      transaction_initiation_date: time,
      transaction_updated_date: time,
      transaction_amount: moneyOf(amount, currency),
      ...(fee === 0n ? {} : { fee_amount: moneyOf(fee, currency) }),
      transaction_status: "S",
      ...more,
    });
  }
}
