import { createRedisConnection, type RedisConnection } from "#adapters/redis/connection.ts";
import type { ProcessContext } from "./process-context.ts";

/** Opens the process's connection to Redis; it reconnects by itself and tells its state to the log. */
export function openRedis({ config, logger, lifecycle }: ProcessContext): RedisConnection {
  const redis = createRedisConnection(config.redisUrl, {
    onError: (error) => logger.warn({ err: error }, "redis connection lost"),
  });
  lifecycle.register({ name: "redis", close: () => redis.close() });
  return redis;
}
