import type { Clock } from "#domain/clock.ts";
import { Unavailable } from "#domain/errors.ts";
import type {
  EventPublisher,
  OutgoingRecord,
  RawRecord,
  StageHandler,
  StageRecord,
} from "#domain/events/ports.ts";
import type { Logger } from "#platform/logger.ts";
import type { Metrics } from "#platform/metrics.ts";
import type { Stage } from "./stages.ts";

/** Turns a record's JSON into the stage's event, or throws saying what is wrong with it. */
export type EventDecoder<Event> = (topic: string, json: unknown) => Event;

export interface StageDependencies<Event> {
  readonly stage: Stage;
  readonly decode: EventDecoder<Event>;
  readonly handler: StageHandler<Event>;
  readonly publisher: EventPublisher;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Waits before a retry; resolves early, with false, when the process is stopping. */
  readonly pause: (ms: number) => Promise<boolean>;
}

/** The process is stopping while a server is away: nothing is committed, the records come again. */
export class StageStopped extends Error {
  override readonly name = "StageStopped";
}

/** A record that fails by anything but an absent server is tried this often before it counts as poison: a bug may depend on its neighbours. */
const SINGLE_ATTEMPTS_MAX = 3;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5_000;

interface Decoded<Event> {
  readonly raw: RawRecord;
  readonly record: StageRecord<Event>;
}

/**
 * The loop around every stage's handler. When the returned function resolves, each record has been
 * handled or lies in the stage's dead-letter topic, durably, and its offset may be committed.
 */
export function createStageRunner<Event>(
  dependencies: StageDependencies<Event>,
): (records: readonly RawRecord[]) => Promise<void> {
  const { stage, metrics, clock } = dependencies;
  return async (records) => {
    const startedAt = clock.now();
    const { decoded, poison } = decodeAll(dependencies, records);
    if (poison.length > 0) await bury(dependencies, poison);
    if (decoded.length > 0) await handleAll(dependencies, decoded);
    metrics.stageRecords.inc({ stage: stage.name, outcome: "done" }, decoded.length);
    metrics.stageBatchRecords.observe({ stage: stage.name }, records.length);
    metrics.stageBatchSeconds.observe({ stage: stage.name }, (clock.now() - startedAt) / 1000);
  };
}

interface DeadRecord {
  readonly raw: RawRecord;
  readonly error: unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Names the stage that a redriven letter is for; the topic's other readers handled the record the first time. */
const REDRIVE_STAGE_HEADER = "x-redrive-stage";

function decodeAll<Event>(
  { decode, stage }: StageDependencies<Event>,
  records: readonly RawRecord[],
): { decoded: Decoded<Event>[]; poison: DeadRecord[] } {
  const decoded: Decoded<Event>[] = [];
  const poison: DeadRecord[] = [];
  for (const raw of records) {
    if ((raw.headers[REDRIVE_STAGE_HEADER] ?? stage.name) !== stage.name) continue;
    try {
      const { topic, partition, offset, key } = raw;
      const event = decode(topic, JSON.parse(utf8.decode(raw.value ?? new Uint8Array())));
      decoded.push({ raw, record: { topic, partition, offset, key, event } });
    } catch (error) {
      poison.push({ raw, error });
    }
  }
  return { decoded, poison };
}

async function handleAll<Event>(
  dependencies: StageDependencies<Event>,
  batch: readonly Decoded<Event>[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await dependencies.handler(batch.map(({ record }) => record));
      return;
    } catch (error) {
      if (error instanceof Unavailable) {
        await waitForServer(dependencies, error, attempt);
      } else if (batch.length > 1) {
        dependencies.logger.warn(
          { err: error, stage: dependencies.stage.name, records: batch.length },
          "batch failed, splitting",
        );
        const middle = batch.length >> 1;
        await handleAll(dependencies, batch.slice(0, middle));
        return handleAll(dependencies, batch.slice(middle));
      } else if (attempt >= SINGLE_ATTEMPTS_MAX || (error as Error).name === "Poison") {
        return bury(dependencies, [{ raw: batch[0]!.raw, error }]);
      } else if (!(await dependencies.pause(RETRY_MS_MIN * attempt))) throw new StageStopped();
    }
  }
}

async function waitForServer<Event>(
  { logger, stage, pause }: StageDependencies<Event>,
  error: Unavailable,
  attempt: number,
): Promise<void> {
  const delay = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(attempt, 10));
  logger.warn(
    { stage: stage.name, service: error.service, cause: describe(error.cause), attempt },
    "waiting for a server",
  );
  if (!(await pause(delay))) throw new StageStopped();
}

async function bury<Event>(
  dependencies: StageDependencies<Event>,
  dead: readonly DeadRecord[],
): Promise<void> {
  const { stage, publisher, metrics, logger, clock } = dependencies;
  const letters = dead.map((one) => deadLetter(stage, one, clock.now()));
  for (let attempt = 1; ; attempt += 1) {
    try {
      await publisher.publish(letters);
      break;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await waitForServer(dependencies, error, attempt);
    }
  }
  metrics.stageRecords.inc({ stage: stage.name, outcome: "dead_letter" }, dead.length);
  for (const { raw, error } of dead) {
    logger.error(
      {
        stage: stage.name,
        topic: raw.topic,
        partition: raw.partition,
        offset: raw.offset.toString(),
        error: describe(error),
      },
      "record moved to the dead letter",
    );
  }
}

/** Header values are bounded: an error's text may quote what it was given. */
const ERROR_CHARACTERS_MAX = 1_000;

function deadLetter(stage: Stage, { raw, error }: DeadRecord, now: number): OutgoingRecord {
  const attempt = Number(raw.headers["x-attempt"] ?? "0") + 1;
  return {
    topic: stage.deadLetterTopic,
    key: raw.key,
    value: raw.value ?? new Uint8Array(),
    headers: {
      "x-stage": stage.name,
      "x-origin-topic": raw.topic,
      "x-origin-partition": String(raw.partition),
      "x-origin-offset": raw.offset.toString(),
      "x-attempt": String(attempt),
      "x-error-class": error instanceof Error ? error.name : "Error",
      "x-error": describe(error).slice(0, ERROR_CHARACTERS_MAX),
      "x-at": new Date(now).toISOString(),
    },
  };
}

/** An error in words, without the input it may quote: a zod issue names its path, a JSON error its position. */
function describe(error: unknown): string {
  if (error === undefined) return "";
  if (error instanceof SyntaxError) return "the record is not JSON";
  if (error instanceof Error && "issues" in error) {
    const issues = error.issues as { path: PropertyKey[]; message: string }[];
    return issues
      .map(({ path, message }) => `${path.map(String).join(".") || "record"}: ${message}`)
      .join("; ");
  }
  return error instanceof Error ? error.message : "something that is no Error was thrown";
}
