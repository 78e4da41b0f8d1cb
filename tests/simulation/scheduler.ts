import { setImmediate as settled } from "node:timers/promises";
import { Unavailable } from "#domain/errors.ts";

/** A process of the simulated system; when it is killed nothing that it waits for ever answers. */
export interface Life {
  readonly name: string;
  dead: boolean;
}

/** What may go wrong at one effect, each a probability. */
export interface Rates {
  /** The server does not answer: before the effect, or after it. */
  readonly away: number;
  /** The process dies: before the effect, or after it. */
  readonly kill: number;
}

interface Pending {
  readonly life: Life;
  readonly what: string;
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Timer {
  readonly life: Life;
  readonly at: number;
  readonly resolve: () => void;
}

const TRACE_KEPT = 40;

/**
 * Runs the effects of all processes one at a time, in an order that the seed alone decides, on a clock that stands still but for
 * pauses. Between two effects every process has gone as far as it can.
 */
export class Scheduler {
  readonly #next: () => number;
  #pending: Pending[] = [];
  #timers: Timer[] = [];
  rates: Rates = { away: 0, kill: 0 };
  now: number;
  steps = 0;
  /** The last effects, for whoever reads a failure. */
  readonly trace: string[] = [];

  constructor(next: () => number, now: number) {
    this.#next = next;
    this.now = now;
  }

  /** @param work what happens at the server, at once and whole. */
  effect<Result>(life: Life, what: string, work: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#pending.push({ life, what, work, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  pause(life: Life, ms: number): Promise<void> {
    return new Promise((resolve) => void this.#timers.push({ life, at: this.now + ms, resolve }));
  }

  /** One effect of one process. False when nobody waits for anything. */
  async step(): Promise<boolean> {
    await settled();
    this.#pending = this.#pending.filter(({ life }) => !life.dead);
    this.#timers = this.#timers.filter(({ life }) => !life.dead);
    if (this.#pending.length === 0) return this.#wake();
    const [one] = this.#pending.splice(Math.floor(this.#next() * this.#pending.length), 1);
    this.#perform(one as Pending);
    this.steps += 1;
    return true;
  }

  /** Steps on until `work` has ended. */
  async until<Result>(work: Promise<Result>): Promise<Result> {
    const state = { ended: false };
    const end = (): void => void (state.ended = true);
    work.then(end, end);
    while (!state.ended) await this.step();
    return work;
  }

  #wake(): boolean {
    const first = this.#timers.toSorted((one, other) => one.at - other.at)[0];
    if (first === undefined) return false;
    this.#timers = this.#timers.filter((timer) => timer !== first);
    this.now = Math.max(this.now, first.at);
    first.resolve();
    return true;
  }

  #perform({ life, what, work, resolve, reject }: Pending): void {
    const dice = this.#next();
    const { away, kill } = this.rates;
    const fate =
      dice < kill
        ? "killed before"
        : dice < 2 * kill
          ? "killed after"
          : dice < 2 * kill + away
            ? "away before"
            : dice < 2 * (kill + away)
              ? "away after"
              : "";
    this.trace.push(`${life.name}: ${what}${fate === "" ? "" : ` (${fate})`}`);
    if (this.trace.length > TRACE_KEPT) this.trace.shift();
    if (fate === "killed before") life.dead = true;
    else if (fate === "away before") reject(new Unavailable("simulated"));
    else {
      let result: unknown;
      try {
        result = work();
      } catch (error) {
        reject(error);
        return;
      }
      if (fate === "killed after") life.dead = true;
      else if (fate === "away after") reject(new Unavailable("simulated"));
      else resolve(result);
    }
  }
}
