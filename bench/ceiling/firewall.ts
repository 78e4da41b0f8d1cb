import { createVelocityCounter } from "#adapters/redis/velocity-counter.ts";
import { CEILING_TOPICS } from "./plan.ts";
import { runRaw } from "./raw-process.ts";
import { messageIdIn, recordMaker } from "./records.ts";

/** Of each destination; nothing of a bench comes near it. */
const LIMIT = 10_000;

/** The counter's call, and two records for each one. */
await runRaw("firewall", ({ plan, redis, publisher, consume }) => {
  const velocity = createVelocityCounter(redis);
  const verdict = recordMaker(CEILING_TOPICS.verdict, plan.records.verdict);
  const cleared =
    Buffer.from(plan.records.cleared.value).length - Buffer.from(plan.records.submitted.value).length;
  return consume("firewall", [CEILING_TOPICS.submitted], async (records) => {
    const at = Date.now();
    const ids = records.map(messageIdIn);
    await velocity.count(
      records.map(({ key }, index) => ({ key: `ceiling:${key}`, messageId: ids[index]!, limit: LIMIT, at })),
    );
    await publisher.publish([
      ...records.map(({ key, value }) => ({
        topic: CEILING_TOPICS.cleared,
        key,
        value: cleared > 0 ? padded(value as Buffer, cleared) : (value as Buffer),
      })),
      ...ids.map(verdict),
    ]);
  });
});

/** White space before JSON is JSON. */
function padded(value: Buffer, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(length, " "), value]);
}
