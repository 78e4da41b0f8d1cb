import { STAGES, type Stage } from "#pipeline/stages.ts";
import { presentValue, stageNamed, type DeadLetter } from "../dead-letters/dead-letter.ts";
import { connectKafka, countLetters, readLetters } from "../dead-letters/dead-letter-topics.ts";
import { redrive, redriveOne, type Redriven } from "../dead-letters/redrive.ts";
import { attachEnvironment } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { print, progress, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "dlq";
const usage = `catalyst dlq list|show|redrive [--stage NAME] [--limit N] [--offset O] [--data DIR] [--reveal] [--json]

  list     how many letters each stage has, and those not yet redriven
  show     one letter whole (--stage, --offset). Numbers and text are hidden; --reveal shows them
  redrive  puts letters back into the topic they came from, oldest first, and marks them.
           --stage: of one stage. --limit: at most so many. --offset: this one, however often; the mark stays
  stages: ${Object.keys(STAGES).join(" ")}`;

const LISTED_MAX = 20; // a screenful a stage; --limit asks for more

type Flags = ReturnType<typeof readFlags>;
type Kafka = ReturnType<typeof connectKafka>;

async function run(args: readonly string[]): Promise<number> {
  const { action, flags } = readArguments(args);
  const environment = await attachEnvironment(dataDirectoryFrom(flags.data));
  const kafka = connectKafka(environment.urls.kafka);
  if (action === "list") return list(kafka, flags);
  if (action === "show") return show(kafka, flags);
  return redriveLetters(kafka, flags);
}

export const command: CatalystCommand = {
  name,
  summary: "dead letters: list, show, put back into their topics",
  usage,
  run,
};

function readFlags(args: readonly string[]) {
  const { values, positionals } = parseFlags(
    { name, usage },
    args,
    {
      stage: { type: "string" },
      limit: { type: "string" },
      offset: { type: "string" },
      data: { type: "string" },
      reveal: { type: "boolean" },
      json: { type: "boolean" },
    },
    true,
  );
  return {
    positionals,
    stage: values.stage === undefined ? null : requireStage(values.stage),
    limit: wholeNumber("limit", values.limit),
    offset: wholeNumber("offset", values.offset),
    data: values.data,
    reveal: values.reveal === true,
    json: values.json === true,
  };
}

function readArguments(args: readonly string[]): { action: "list" | "show" | "redrive"; flags: Flags } {
  const flags = readFlags(args);
  const [action = "list", ...rest] = flags.positionals;
  if (rest.length > 0 || (action !== "list" && action !== "show" && action !== "redrive")) {
    throw new UsageError(`catalyst dlq takes one of list, show, redrive; not ${flags.positionals.join(" ")}`);
  }
  const needsStage = action === "show" || (action === "redrive" && flags.offset !== null);
  if (needsStage && (flags.stage === null || flags.offset === null)) {
    throw new UsageError(`catalyst dlq ${action} needs --stage NAME and --offset O: list names them`);
  }
  return { action, flags };
}

function requireStage(text: string): Stage {
  const stage = stageNamed(text);
  if (stage === undefined)
    throw new UsageError(`there is no stage ${text}; stages: ${Object.keys(STAGES).join(" ")}`);
  return stage;
}

function wholeNumber(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${flag} takes a whole number, not ${text}`);
  return Number(text);
}

function stagesOf({ stage }: Flags): readonly Stage[] {
  return stage === null ? Object.values(STAGES) : [stage];
}

async function list(kafka: Kafka, flags: Flags): Promise<number> {
  const counts = await countLetters(kafka, stagesOf(flags));
  const from = flags.offset === null ? null : BigInt(flags.offset);
  const rows: DeadLetter[] = [];
  for (const { stage, waiting, total } of counts) {
    if ((from === null ? waiting : total) === 0) continue;
    rows.push(...(await readLetters(kafka, stageNamed(stage)!, from, flags.limit ?? LISTED_MAX)));
  }
  if (flags.json) {
    const stages = counts.map(({ stage, total, waiting }) => ({ stage, total, waiting }));
    print(JSON.stringify({ stages, letters: rows.map(describe) }));
    return 0;
  }
  print(
    table([
      ["STAGE", "LETTERS", "NOT REDRIVEN"],
      ...counts.map(({ stage, total, waiting }) => [stage, String(total), String(waiting)]),
    ]),
  );
  if (rows.length > 0) print(`\n${letterTable(rows)}`);
  return 0;
}

function letterTable(rows: readonly DeadLetter[]): string {
  return table([
    ["STAGE", "OFFSET", "AT", "ATTEMPT", "FROM", "ERROR"],
    ...rows.map((letter) => [
      letter.stage,
      letter.offset.toString(),
      letter.at,
      String(letter.attempt),
      letter.originTopic ?? "-",
      `${letter.errorClass}: ${letter.error}`.slice(0, 100),
    ]),
  ]);
}

async function show(kafka: Kafka, flags: Flags): Promise<number> {
  const [letter] = await readLetters(kafka, flags.stage!, BigInt(flags.offset!), 1);
  if (letter?.offset !== BigInt(flags.offset!)) {
    progress(`stage ${flags.stage!.name} has no letter at offset ${flags.offset}`);
    return 1;
  }
  const whole = { ...describe(letter), value: presentValue(letter.value, flags.reveal) };
  print(JSON.stringify(whole, undefined, flags.json ? undefined : 2));
  return 0;
}

/** In the wire's style; without the value. */
function describe(letter: DeadLetter) {
  return {
    stage: letter.stage,
    offset: letter.offset.toString(),
    key: letter.key?.toString("utf8") ?? null,
    bytes: letter.value.length,
    origin_topic: letter.originTopic,
    origin_partition: letter.originPartition,
    origin_offset: letter.originOffset,
    attempt: letter.attempt,
    error_class: letter.errorClass,
    error: letter.error,
    at: letter.at,
  };
}

async function redriveLetters(kafka: Kafka, flags: Flags): Promise<number> {
  const results: Redriven[] = [];
  const onLetter = (result: Redriven): void => {
    results.push(result);
    if (result.reason === null || flags.json) return;
    progress(`${result.letter.stage} ${result.letter.offset} stays: ${result.reason}`);
  };
  if (flags.offset !== null) {
    const result = await redriveOne(kafka, flags.stage!, BigInt(flags.offset));
    if (result === null) {
      progress(`stage ${flags.stage!.name} has no letter at offset ${flags.offset}`);
      return 1;
    }
    onLetter(result);
  } else {
    for (const stage of stagesOf(flags)) {
      const left = (flags.limit ?? Number.POSITIVE_INFINITY) - results.length;
      await redrive(kafka, stage, left, onLetter);
    }
  }
  const redriven = results.filter(({ reason }) => reason === null).length;
  const passedOver = results.filter(({ reason }) => reason !== null);
  if (flags.json) {
    const stay = passedOver.map(({ letter, reason }) => ({ ...describe(letter), reason }));
    print(JSON.stringify({ redriven, passed_over: stay }));
  } else {
    print(`${redriven} redriven, ${passedOver.length} passed over`);
  }
  return flags.offset !== null && redriven === 0 ? 1 : 0;
}
