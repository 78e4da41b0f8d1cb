import { createEsme, type Esme } from "../examples/esme/esme.ts";

export interface Account {
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
}

/** Unanswered submissions: two binds of 500, as a large ESME asks of its SMSC. */
const BINDS = 2;
const WINDOW = 500;
const TICK_MS = 5;

export interface Load {
  /** Receipts acknowledged so far. */
  receipts(): number;
  /** Submits `count` messages as fast as the window allows. */
  full(count: number): Promise<LoadOutcome>;
  /** Submits `count` messages evenly at `perSecond`. */
  paced(count: number, perSecond: number): Promise<LoadOutcome>;
  stop(): Promise<void>;
}

export interface LoadOutcome {
  /** performance.now() of the first submission. */
  readonly startedAt: number;
  /** Message id → performance.now() when it was handed to the ESME. */
  readonly accepted: ReadonlyMap<string, number>;
  readonly refused: number;
}

/** An ESME with receipts on. Every message has its own destination and its own text, so that repetitions can be told from messages. */
export async function createLoad({ port, systemId, password }: Account): Promise<Load> {
  let receipts = 0;
  const esme = createEsme({
    host: "127.0.0.1",
    port,
    systemId,
    password,
    window: WINDOW,
    binds: BINDS,
    onReceipt: () => {
      receipts += 1;
    },
  });
  while (esme.bound < BINDS) await new Promise((resolve) => setTimeout(resolve, 20));
  let submitted = 0;
  return {
    receipts: () => receipts,
    async full(count) {
      const results = new Results();
      let left = count;
      const submitter = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          submitted += 1;
          await results.submit(esme, submitted);
        }
      };
      await Promise.all(Array.from({ length: BINDS * WINDOW }, submitter));
      return results;
    },
    async paced(count, perSecond) {
      const results = new Results();
      const open: Promise<void>[] = [];
      await new Promise<void>((done) => {
        const timer = setInterval(() => {
          const due = Math.min(count, ((performance.now() - results.startedAt) / 1000) * perSecond);
          while (open.length < due) {
            submitted += 1;
            open.push(results.submit(esme, submitted));
          }
          if (open.length < count) return;
          clearInterval(timer);
          done();
        }, TICK_MS);
      });
      await Promise.all(open);
      return results;
    },
    stop: () => esme.stop(),
  };
}

class Results implements LoadOutcome {
  readonly startedAt = performance.now();
  readonly accepted = new Map<string, number>();
  refused = 0;

  async submit(esme: Esme, number: number): Promise<void> {
    const at = performance.now();
    const outcome = await esme.submit({ from: "CATALYST", to: destination(number), text: text(number) });
    if (outcome.kind === "answered" && outcome.status === 0) this.accepted.set(outcome.messageId, at);
    else this.refused += 1;
  }
}

/** Assigned-looking numbers of New York; endings 997 to 999 mean trouble to the simulator. */
function destination(number: number): string {
  const line = Math.floor(number / 997) % 8_000;
  return `+1212${2_000 + line}${(number % 997).toString().padStart(3, "0")}`;
}

function text(number: number): string {
  return `Your code is ${(number * 7_919) % 1_000_000}. It is valid for ten minutes. Message ${number} of the bench.`;
}
