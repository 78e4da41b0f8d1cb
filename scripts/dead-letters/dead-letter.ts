import { STAGES, type Stage } from "#pipeline/stages.ts";

/** A record that a stage could not handle, as it lies in the stage's dead-letter topic (written by pipeline/run-stage.ts). */
export interface DeadLetter {
  readonly stage: string;
  /** Its place in the dead-letter topic: how it is named by `show` and `redrive`. */
  readonly offset: bigint;
  readonly partition: number;
  readonly key: Buffer | null;
  /** The original's bytes. */
  readonly value: Buffer;
  /** A topic, or `smpp:connector` for what never came from one. */
  readonly originTopic: string | null;
  readonly originPartition: number | null;
  readonly originOffset: string | null;
  /** How often the stage has buried it. */
  readonly attempt: number;
  readonly errorClass: string;
  /** Without the input's own words. */
  readonly error: string;
  /** ISO 8601: when it was buried. */
  readonly at: string;
}

type HeaderValue = Buffer | string | (Buffer | string)[] | undefined;

/** What kafkajs gives of a record. */
export interface StoredRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, HeaderValue>>;
}

export function readDeadLetter(stage: string, partition: number, record: StoredRecord): DeadLetter {
  const header = (name: string): string | null => {
    const value = record.headers?.[name];
    return value === undefined ? null : String(Array.isArray(value) ? value[0] : value);
  };
  const partitionText = header("x-origin-partition");
  return {
    stage,
    offset: BigInt(record.offset),
    partition,
    key: record.key,
    value: record.value ?? Buffer.alloc(0),
    originTopic: header("x-origin-topic"),
    originPartition: partitionText === null ? null : Number(partitionText),
    originOffset: header("x-origin-offset"),
    attempt: Number(header("x-attempt") ?? "1"),
    errorClass: header("x-error-class") ?? "unknown",
    error: header("x-error") ?? "",
    at: header("x-at") ?? "",
  };
}

/** Why a letter cannot go back to where it came from; null when it can. */
export function whyNotRedriven({ stage, originTopic }: DeadLetter): string | null {
  const inputs: readonly string[] = stageNamed(stage)?.inputs ?? [];
  if (originTopic === null) return "it does not say which topic it came from";
  if (originTopic.startsWith("smpp:")) {
    return `it came from SMSC connector ${originTopic.slice(5)}, not from a topic: the SMSC has its acknowledgement and will not send it again`;
  }
  if (!inputs.includes(originTopic)) return `${originTopic} is no input of stage ${stage}`;
  return null;
}

export function stageNamed(name: string): Stage | undefined {
  return Object.values(STAGES).find((stage) => stage.name === name);
}

/** Fields of events that hold a number, a name or a text of a person. */
const PERSONAL = new Set(["text", "from", "to", "addresses", "body", "sender", "recipient"]);
const REDACTED = "[redacted]";

/** A letter's value for a person's eyes. `reveal`: with numbers and text; otherwise bytes that are not JSON are only counted. */
export function presentValue(value: Buffer, reveal: boolean): unknown {
  let json: unknown;
  try {
    json = JSON.parse(value.toString("utf8"));
  } catch {
    if (!reveal) return `${value.length} bytes that are not JSON (--reveal shows them)`;
    return value.toString("utf8");
  }
  return reveal ? json : redact(json);
}

function redact(value: unknown): unknown {
  // A bare text or number could be anything.
  if (value === null || typeof value !== "object") return REDACTED;
  if (Array.isArray(value)) return value.map(redact);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, redactField(name, inner as unknown)]),
  );
}

function redactField(name: string, value: unknown): unknown {
  if (PERSONAL.has(name)) return REDACTED;
  return value !== null && typeof value === "object" ? redact(value) : value;
}
