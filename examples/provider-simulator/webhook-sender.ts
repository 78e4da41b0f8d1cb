import type { Faults } from "./faults.ts";
import type { Records } from "./records.ts";

/** A webhook to be delivered until its receiver takes it. */
interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  readonly attempts: number;
  readonly state: "waiting" | "delivered" | "given_up" | "suppressed";
}

export interface WebhookSenderOptions {
  readonly records: Records;
  readonly faults: Faults;
  /** Headers of one attempt, the signature among them. */
  readonly headers: (body: string) => Record<string, string>;
  readonly onDelivered?: (id: string) => void;
  /** First wait after a refusal, doubled each time. Real providers take minutes to hours. */
  readonly retryMs?: number;
}

const TABLE = "deliveries";
const ATTEMPTS_MAX = 16;
const RETRY_MS_MAX = 60_000;
const ANSWER_MS_MAX = 10_000;
/** A swapped webhook whose successor does not come goes out alone. */
const SWAP_MS_MAX = 2_000;

/** Delivers webhooks as providers do: at least once, again after a refusal, in an order that means nothing. */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stop = new AbortController();
  #url: string | null = null;
  #held: Delivery | null = null;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  /** From where on webhooks go; what waits is sent there. */
  target(url: string | null): void {
    this.#url = url;
    if (url === null) return;
    const waiting = this.deliveries().filter(({ state }) => state === "waiting");
    for (const delivery of waiting) this.#later(delivery, 0);
  }

  deliveries(): Delivery[] {
    return this.#options.records.all<Delivery>(TABLE);
  }

  /** Part of the caller's transaction; `release` sends it after the commit. */
  enqueue(id: string, type: string, body: string): () => void {
    const suppressed = this.#options.faults.take(type, ["webhook_none"]) !== null;
    const delivery: Delivery = { id, type, body, attempts: 0, state: suppressed ? "suppressed" : "waiting" };
    this.#options.records.put(TABLE, id, delivery);
    return () => {
      if (!suppressed) this.#release(delivery);
    };
  }

  /** Sends one again, whatever became of it: the button of the provider's dashboard. */
  again(id: string): boolean {
    const delivery = this.#options.records.get<Delivery>(TABLE, id);
    if (delivery === undefined) return false;
    this.#later({ ...delivery, attempts: 0 }, 0);
    return true;
  }

  close(): void {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #release(delivery: Delivery): void {
    const { faults } = this.#options;
    if (faults.take(delivery.type, ["webhook_swap"]) !== null) {
      this.#held = delivery;
      this.#after(SWAP_MS_MAX, () => this.#releaseHeld());
      return;
    }
    this.#later(delivery, faults.take(delivery.type, ["webhook_late"])?.ms ?? 0);
    if (faults.take(delivery.type, ["webhook_duplicate"]) !== null) this.#later(delivery, 0);
  }

  #releaseHeld(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#later(held, 0);
  }

  #later(delivery: Delivery, ms: number): void {
    this.#after(ms, () => {
      void this.#attempt(delivery);
    });
  }

  #after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  async #attempt(delivery: Delivery): Promise<void> {
    if (this.#url === null) return;
    const taken = await this.#post(this.#url, delivery.body);
    if (this.#stop.signal.aborted) return;
    const attempts = delivery.attempts + 1;
    const state = taken ? "delivered" : attempts >= ATTEMPTS_MAX ? "given_up" : "waiting";
    const next: Delivery = { ...delivery, attempts, state };
    this.#options.records.put(TABLE, delivery.id, next);
    if (taken) this.#options.onDelivered?.(delivery.id);
    this.#options.records.commit();
    if (taken) this.#releaseHeld();
    const wait = Math.min((this.#options.retryMs ?? 500) * 2 ** delivery.attempts, RETRY_MS_MAX);
    if (state === "waiting") this.#later(next, wait);
  }

  async #post(url: string, body: string): Promise<boolean> {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json; charset=utf-8", ...this.#options.headers(body) },
        body,
        redirect: "manual",
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
      });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }
}
