import type { Body, Tlvs } from "./pdus.ts";

/**
 * `answered`: the peer's submit_sm_resp. `lost`: it was sent and no answer came, so the peer may or may not have taken it.
 * `waited`: no slot was free by the deadline, nothing was sent. `full`, `stopped`: nothing was sent.
 */
export type SubmitOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly messageId: string }
  | { readonly kind: "lost" | "waited" | "full" | "stopped" };

export interface QueuedSubmit {
  readonly body: Partial<Body<"submit_sm">>;
  readonly tlvs: Tlvs | undefined;
  /** Epoch ms. */
  readonly deadline: number;
  readonly resolve: (outcome: SubmitOutcome) => void;
}

/** Submissions that wait for a slot, those that are sent again before the others. */
export class SendQueue {
  readonly #limit: number;
  #again: QueuedSubmit[] = [];
  #items: QueuedSubmit[] = [];
  /** Items before it have been taken; they are cut off in large pieces. */
  #head = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#again.length + this.#items.length - this.#head;
  }

  /** @returns false when the queue is full. What was sent before has its place already. */
  push(item: QueuedSubmit, again: boolean): boolean {
    if (!again && this.length >= this.#limit) return false;
    (again ? this.#again : this.#items).push(item);
    return true;
  }

  shift(): QueuedSubmit | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head += 1;
    if (this.#head >= 1_024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Resolves as `waited` everything whose deadline is before `now`. */
  expire(now: number): void {
    if (this.length === 0) return;
    const expired = (item: QueuedSubmit): boolean => {
      if (item.deadline >= now) return false;
      item.resolve({ kind: "waited" });
      return true;
    };
    this.#again = this.#again.filter((item) => !expired(item));
    this.#items = this.#items.slice(this.#head).filter((item) => !expired(item));
    this.#head = 0;
  }
}
