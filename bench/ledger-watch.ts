import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

export interface WatchSample {
  readonly sequence: number;
  /** performance.now() when the answer arrived: every row up to `sequence` was committed by then. */
  readonly at: number;
}

/** Without progress for so long, nothing more is coming. */
const STALLED_MS = 20_000;

/** Follows a wallet's sequence in the ledger: one indexed row, read every `everyMs`. */
export class LedgerWatch {
  readonly samples: WatchSample[] = [];
  readonly #client: pg.Client;
  readonly #table: string;
  readonly #walletId: string;
  #everyMs = 50;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(databaseUrl: string, walletId: string, table = "wallets") {
    this.#client = new pg.Client({ connectionString: databaseUrl, application_name: "bench" });
    this.#walletId = walletId;
    this.#table = table;
  }

  async start(): Promise<void> {
    await this.#client.connect();
    await this.#read();
    this.#running = this.#follow();
  }

  get sequence(): number {
    return this.samples.at(-1)?.sequence ?? 0;
  }

  /** Where the sequence stood before the first message: a top-up is an entry, too. */
  get first(): number {
    return this.samples[0]?.sequence ?? 0;
  }

  every(ms: number): void {
    this.#everyMs = ms;
  }

  /** Waits for `sequence`; answers when it was first seen, or when progress ended before it. */
  async reached(sequence: number): Promise<{ readonly at: number; readonly sequence: number }> {
    for (;;) {
      const seen = this.samples.find((sample) => sample.sequence >= sequence);
      if (seen !== undefined) return seen;
      const last = this.#lastProgress();
      if (performance.now() - last.at > STALLED_MS) return last;
      await sleep(10);
    }
  }

  /** When the row of `sequence` was first seen to be committed, at the latest. */
  seenAt(sequence: number): number | undefined {
    let [low, high] = [0, this.samples.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.samples[middle]!.sequence >= sequence) high = middle;
      else low = middle + 1;
    }
    return this.samples[low]?.at;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#client.end();
  }

  #lastProgress(): WatchSample {
    const last = this.samples.at(-1)!;
    return this.samples.find((sample) => sample.sequence === last.sequence)!;
  }

  async #follow(): Promise<void> {
    while (!this.#stopped) {
      await sleep(this.#everyMs);
      await this.#read();
    }
  }

  async #read(): Promise<void> {
    const { rows } = await this.#client.query<{ sequence: string }>({
      name: "watch",
      text: `SELECT sequence FROM ${this.#table} WHERE wallet_id = $1`,
      values: [this.#walletId],
    });
    this.samples.push({ sequence: Number(rows[0]?.sequence ?? 0), at: performance.now() });
  }
}
