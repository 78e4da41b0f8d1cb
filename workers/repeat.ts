import { Unavailable } from "#domain/errors.ts";
import type { ProcessContext } from "./process-context.ts";

/** Runs `work` every `ms` after its last end, until the process stops; a server that is away only costs a turn. */
export function repeat(
  { lifecycle, logger }: ProcessContext,
  name: string,
  ms: number,
  work: () => Promise<unknown>,
): void {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;
  const turn = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof Unavailable)
        logger.warn({ task: name, service: error.service }, "a server is away");
      else logger.error({ err: error, task: name }, "task failed");
    }
    if (!stopped) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = turn();
    }, ms);
  };
  schedule();
  lifecycle.register({
    name,
    close: () => {
      stopped = true;
      clearTimeout(timer);
      return running;
    },
  });
}
