import { KafkaConsumer } from "#adapters/kafka/consumer.ts";
import type { StageHandler } from "#domain/events/ports.ts";
import { decodeEvent } from "#pipeline/decode-event.ts";
import { createStageRunner } from "#pipeline/run-stage.ts";
import { STAGE_BATCHES, STAGES, type StageName } from "#pipeline/stages.ts";
import type { ProcessContext } from "./process-context.ts";

/** Wires a stage's handler to its topics and runs it until the process stops. */
export async function consumeStage<Event>(
  context: ProcessContext,
  name: StageName,
  handler: StageHandler<Event>,
): Promise<void> {
  const { kafka, publisher, metrics, logger, lifecycle, clock } = context;
  const stopping = new AbortController();
  const stage = STAGES[name];
  const consumer = new KafkaConsumer(kafka, {
    groupId: stage.consumerGroup,
    topics: stage.inputs,
    logger,
    batchEveryMs: STAGE_BATCHES[name].everyMs,
    fetchBytesMax: STAGE_BATCHES[name].bytesMax,
    process: createStageRunner<Event>({
      stage,
      decode: decodeEvent,
      handler,
      publisher,
      metrics,
      logger,
      clock,
      pause: (ms) => pauseUnlessStopping(ms, stopping.signal),
    }),
    onFatal: () => void lifecycle.stop("consumer lost").then(() => process.exit(1)),
  });
  await consumer.start();
  lifecycle.register({
    name: consumer.name,
    close: () => {
      stopping.abort();
      return consumer.close();
    },
  });
}

function pauseUnlessStopping(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
