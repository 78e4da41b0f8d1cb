import { ControlFeed } from "#adapters/kafka/control-feed.ts";
import type { ProcessContext } from "./process-context.ts";

/** Starts the process's view of configuration; resolves when it is current. */
export async function startControlFeed({
  kafka,
  clock,
  logger,
  lifecycle,
}: ProcessContext): Promise<ControlFeed> {
  const feed = new ControlFeed(kafka, clock, logger, () => {
    void lifecycle.stop("configuration feed lost").then(() => process.exit(1));
  });
  await feed.start();
  lifecycle.register(feed);
  return feed;
}
