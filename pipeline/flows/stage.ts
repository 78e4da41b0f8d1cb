import type { StageHandler } from "#domain/events/ports.ts";

/** Triggers of different wallets or tenants that Temporal is told of at a time: each call takes some ten milliseconds of waiting. */
const AT_ONCE_MAX = 16;

/** Hands each trigger to its durable flow; the offsets are committed once Temporal has them all. Those of one key keep their order. */
export function createFlowsHandler<Trigger>(triggers: {
  deliver(trigger: Trigger): Promise<void>;
}): StageHandler<Trigger> {
  return async (records) => {
    const queues = [...Map.groupBy(records, ({ key }) => key).values()];
    const lane = async (): Promise<void> => {
      for (let queue = queues.shift(); queue !== undefined; queue = queues.shift())
        for (const { event } of queue) await triggers.deliver(event);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE_MAX, queues.length) }, lane));
  };
}
