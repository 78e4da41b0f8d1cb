import { setTimeout as sleep } from "node:timers/promises";
import { createEsme, type Esme } from "../../examples/esme/esme.ts";
import { demoMessage } from "../../scripts/demo/traffic.ts";
import type { OnboardedTenant } from "../../scripts/demo/onboard.ts";

const REST_BATCH = 25;
const REST_IN_FLIGHT = 4;
const SMPP_IN_FLIGHT = 50;
/** An answer that a fault swallowed is given up after this; a person's client would wait longer. */
const REST_ANSWER_MS = 15_000;
const RETRY_MS = 250;
/** SMPP statuses after which a submission may be repeated: ESME_RSYSERR, ESME_RMSGQFUL, ESME_RTHROTTLED. */
const REPEATABLE = new Set([0x08, 0x14, 0x58]);
/** A message refused for another reason is a fault of the product; so is a client that tries for ever. */
const GIVE_UP_MS = 180_000;

export interface Doors {
  readonly gateway: string;
  readonly smppPort: number;
}

/** What a client knows of its own messages, and nothing more. */
export interface Acknowledged {
  /** Ids of 202 answers, and of submit_sm_resp with status 0. */
  readonly rest: string[];
  readonly smpp: string[];
  /** Submissions whose answer never came or that were refused for the moment: each was submitted anew. */
  unanswered: number;
  /** The answer that each REST request finally got, by its key. */
  readonly requests: Map<string, { readonly body: string; readonly ids: readonly string[] }>;
}

/** A client of both doors that behaves as the documentation asks: it repeats what was not acknowledged. */
export class Client {
  readonly acknowledged: Acknowledged = { rest: [], smpp: [], unanswered: 0, requests: new Map() };
  /** Ids that a delivery receipt named. */
  readonly receipts = new Set<string>();
  readonly #doors: Doors;
  readonly #tenant: OnboardedTenant;
  readonly #esme: Esme;

  constructor(doors: Doors, tenant: OnboardedTenant) {
    this.#doors = doors;
    this.#tenant = tenant;
    this.#esme = createEsme({
      host: "127.0.0.1",
      port: doors.smppPort,
      systemId: tenant.systemId,
      password: tenant.password,
      window: SMPP_IN_FLIGHT,
      reconnect: { firstMs: 100, maxMs: 1_000 },
      onReceipt: ({ messageId }) => void this.receipts.add(messageId),
    });
  }

  get count(): number {
    return this.acknowledged.rest.length + this.acknowledged.smpp.length;
  }

  /** Submits until `count` messages are acknowledged, half by each door, spread over `spreadMs` at least. */
  async send(count: number, spreadMs: number): Promise<void> {
    await this.#esme.whenBound();
    const half = count >> 1;
    await Promise.all([this.#sendByRest(half, spreadMs), this.#sendBySmpp(half, count, spreadMs)]);
  }

  /** Repeats some of the requests with their keys; answers the ids before and now. */
  async repeatRequests(many: number): Promise<{ before: readonly string[]; now: readonly string[] }[]> {
    const some = [...this.acknowledged.requests].slice(0, many);
    return Promise.all(
      some.map(async ([key, { body, ids }]) => {
        const { accepted } = await this.#post(key, body);
        return { before: ids, now: accepted };
      }),
    );
  }

  close(): Promise<void> {
    return this.#esme.stop();
  }

  async #sendByRest(count: number, spreadMs: number): Promise<void> {
    const startedAt = performance.now();
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count) {
        const first = next;
        const length = Math.min(REST_BATCH, count - first);
        next = first + length;
        await sleep(Math.max(0, startedAt + (first / count) * spreadMs - performance.now()));
        await this.#postUntilAccepted(
          first,
          Array.from({ length }, (_, at) => first + at),
        );
      }
    };
    await Promise.all(Array.from({ length: REST_IN_FLIGHT }, worker));
  }

  /** Of a batch, what was refused because a server was away is submitted again: as another request, under its own key. */
  async #postUntilAccepted(first: number, indexes: readonly number[]): Promise<void> {
    let open = indexes;
    for (let attempt = 0; open.length > 0; attempt += 1) {
      const key = `batch-${first}-${attempt}`;
      const body = JSON.stringify({ messages: open.map((index) => demoMessage(index)) });
      const { accepted, refused } = await this.#post(key, body);
      this.acknowledged.rest.push(...accepted);
      this.acknowledged.requests.set(key, { body, ids: accepted });
      this.acknowledged.unanswered += refused.length;
      open = refused.map((position) => open[position]!);
      if (open.length > 0) await sleep(RETRY_MS);
    }
  }

  /** Repeats one request under its key until it is answered. */
  async #post(key: string, body: string): Promise<{ accepted: string[]; refused: number[] }> {
    const end = performance.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await this.#postOnce(key, body);
      if (answer !== undefined) return answer;
      if (performance.now() > end)
        throw new Error(`the request ${key} was not answered within ${GIVE_UP_MS} ms`);
      await sleep(RETRY_MS);
    }
  }

  async #postOnce(key: string, body: string): Promise<{ accepted: string[]; refused: number[] } | undefined> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${this.#doors.gateway}/api/v2/messages`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${this.#tenant.apiKey}`,
          "content-type": "application/json",
          "idempotency-key": key,
        },
        body,
        signal: AbortSignal.timeout(REST_ANSWER_MS),
      });
      status = response.status;
      text = await response.text();
    } catch {
      return undefined;
    }
    if (status >= 500 || status === 409 || status === 429) return undefined;
    if (status !== 202 && status !== 207) throw new Error(`${key} was answered ${status}: ${text}`);
    const answer = readAnswer(text);
    // Where nothing was accepted the key may be used again, and must: one of the messages may be on its way all the same.
    if (answer.accepted.length > 0) return answer;
    this.acknowledged.unanswered += answer.refused.length;
    return undefined;
  }

  async #sendBySmpp(from: number, to: number, spreadMs: number): Promise<void> {
    const startedAt = performance.now();
    let next = from;
    const worker = async (): Promise<void> => {
      while (next < to) {
        const index = next;
        next += 1;
        await sleep(Math.max(0, startedAt + ((index - from) / (to - from)) * spreadMs - performance.now()));
        this.acknowledged.smpp.push(await this.#submitUntilAccepted(index));
      }
    };
    await Promise.all(Array.from({ length: SMPP_IN_FLIGHT }, worker));
  }

  async #submitUntilAccepted(index: number): Promise<string> {
    const end = performance.now() + GIVE_UP_MS;
    for (;;) {
      const outcome = await this.#esme.submit(demoMessage(index));
      if (outcome.kind === "answered" && outcome.status === 0) return outcome.messageId;
      if (outcome.kind === "answered" && !REPEATABLE.has(outcome.status))
        throw new Error(`submit_sm was refused with 0x${outcome.status.toString(16)}`);
      if (performance.now() > end) throw new Error("no submit_sm was acknowledged any more");
      this.acknowledged.unanswered += 1;
      await sleep(RETRY_MS);
    }
  }
}

interface BatchAnswer {
  readonly results: readonly (
    | { readonly index: number; readonly status: "accepted"; readonly message_id: string }
    | { readonly index: number; readonly status: "refused"; readonly problem: { readonly status: number } }
  )[];
}

function readAnswer(text: string): { accepted: string[]; refused: number[] } {
  const accepted: string[] = [];
  const refused: number[] = [];
  for (const result of (JSON.parse(text) as BatchAnswer).results) {
    if (result.status === "accepted") accepted.push(result.message_id);
    else if (result.problem.status === 503) refused.push(result.index);
    else throw new Error(`a message was refused: ${JSON.stringify(result.problem)}`);
  }
  return { accepted, refused };
}
