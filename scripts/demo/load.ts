import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createEsme } from "../../examples/esme/esme.ts";
import type { Environment } from "../environment.ts";
import { progress } from "../terminal.ts";
import type { OnboardedTenant } from "./onboard.ts";
import { createRest } from "./rest.ts";
import { demoMessage } from "./traffic.ts";

export interface LoadResult {
  readonly submitted: number;
  readonly accepted: number;
  readonly refused: number;
  readonly seconds: number;
  readonly tps: number;
  /** Of the acceptance: submit to 202 or submit_sm_resp. */
  readonly p99_ms: number;
}

const REST_BATCH = 200;
const REST_REQUESTS_IN_FLIGHT = 4;
const SMPP_WINDOW = 400;
/** Without any progress for so long the demo gives up and says what is open. */
const STALLED_MS_MAX = 60_000;

interface Tally {
  accepted: number;
  refused: number;
  readonly latencies: number[];
}

/** Sends `count` messages, half by REST and half by SMPP, and waits until each is final and billed. */
export async function runLoad(
  environment: Environment,
  tenant: OnboardedTenant,
  count: number,
): Promise<LoadResult> {
  const tally: Tally = { accepted: 0, refused: 0, latencies: [] };
  const started = performance.now();
  const half = count >> 1;
  const following = followToTheEnd(environment, tenant.tenantId, tally, count, started);
  await Promise.all([
    submitByRest(environment.urls.gateway, tenant, 0, half, tally),
    submitBySmpp(environment.ports.smpp, tenant, half, count, tally),
  ]);
  await following;
  const seconds = (performance.now() - started) / 1000;
  const sorted = tally.latencies.toSorted((a, b) => a - b);
  return {
    submitted: count,
    accepted: tally.accepted,
    refused: tally.refused,
    seconds: Number(seconds.toFixed(1)),
    tps: Math.round(count / seconds),
    p99_ms: Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0),
  };
}

async function submitByRest(
  gateway: string,
  tenant: OnboardedTenant,
  from: number,
  to: number,
  tally: Tally,
): Promise<void> {
  const rest = createRest(gateway, tenant.apiKey);
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) {
      const start = next;
      next = Math.min(to, start + REST_BATCH);
      const messages = Array.from({ length: next - start }, (_, offset) => demoMessage(start + offset));
      const sentAt = performance.now();
      const answer = await rest.post<{ accepted: number; refused: number }>(
        "/api/v2/messages",
        { messages },
        {
          "idempotency-key": `demo-${start}`,
        },
      );
      tally.latencies.push(performance.now() - sentAt);
      tally.accepted += answer.accepted;
      tally.refused += answer.refused;
    }
  };
  await Promise.all(Array.from({ length: REST_REQUESTS_IN_FLIGHT }, worker));
}

async function submitBySmpp(
  port: number,
  tenant: OnboardedTenant,
  from: number,
  to: number,
  tally: Tally,
): Promise<void> {
  const { systemId, password } = tenant;
  const esme = createEsme({ host: "127.0.0.1", port, systemId, password, window: SMPP_WINDOW });
  try {
    await esme.whenBound();
    let next = from;
    const worker = async (): Promise<void> => {
      while (next < to) {
        const message = demoMessage(next);
        next += 1;
        const sentAt = performance.now();
        const outcome = await esme.submit(message);
        tally.latencies.push(performance.now() - sentAt);
        if (outcome.kind === "answered" && outcome.status === 0) tally.accepted += 1;
        else tally.refused += 1;
      }
    };
    await Promise.all(Array.from({ length: SMPP_WINDOW }, worker));
  } finally {
    await esme.stop();
  }
}

interface Progress {
  readonly stored: number;
  readonly delivered: number;
  readonly blocked: number;
  readonly refused: number;
  readonly open: number;
  readonly billed: number;
}

const PROGRESS = `
  SELECT count(*)::int AS stored,
         count(*) FILTER (WHERE state = 'delivered')::int AS delivered,
         count(*) FILTER (WHERE state = 'blocked')::int AS blocked,
         count(*) FILTER (WHERE state IN ('failed', 'rejected', 'expired'))::int AS refused,
         count(*) FILTER (WHERE final_at IS NULL)::int AS open,
         (SELECT sequence::int FROM wallets WHERE tenant_id = $1) AS billed
  FROM messages WHERE tenant_id = $1`;

/** Draws the live line twice a second; ends when every message is stored and final and billing has caught up. */
async function followToTheEnd(
  environment: Environment,
  tenantId: string,
  tally: Tally,
  count: number,
  started: number,
): Promise<void> {
  const database = new pg.Client({ connectionString: environment.urls.postgres });
  await database.connect();
  let last = "";
  let changedAt = performance.now();
  try {
    for (;;) {
      await sleep(500);
      const now = (await database.query<Progress>(PROGRESS, [tenantId])).rows[0]!;
      const line = JSON.stringify(now);
      if (line !== last) changedAt = performance.now();
      const settled =
        tally.accepted + tally.refused === count && now.stored === tally.accepted && now.open === 0;
      drawProgress(tally, now, started);
      if (settled && line === last) break;
      if (performance.now() - changedAt > STALLED_MS_MAX) throw new Error(`nothing moves any more: ${line}`);
      last = line;
    }
  } finally {
    await database.end();
    if (process.stderr.isTTY) process.stderr.write("\n");
  }
}

let drawnAt = 0;

function drawProgress(tally: Tally, now: Progress, started: number): void {
  const seconds = (performance.now() - started) / 1000;
  const recent = tally.latencies.slice(-2_000).toSorted((a, b) => a - b);
  const p99 = Math.round(recent[Math.floor(recent.length * 0.99)] ?? 0);
  const final = now.stored - now.open;
  const line =
    `  accepted ${tally.accepted}  delivered ${now.delivered}  blocked ${now.blocked}  refused ${now.refused}` +
    `  ledger entries ${now.billed}  ${Math.round(final / seconds)} msg/s  accept p99 ${p99} ms`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (seconds - drawnAt >= 2 || seconds < drawnAt) {
    drawnAt = seconds;
    progress(line);
  }
}
