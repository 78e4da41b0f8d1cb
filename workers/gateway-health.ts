import type { Redis } from "ioredis";
import type { ControlFeed } from "#adapters/kafka/control-feed.ts";
import type { RedisConnection } from "#adapters/redis/connection.ts";
import type { ComponentHealth, HealthProbe } from "#gateway/rest/dependencies.ts";
import type { ProcessContext } from "./process-context.ts";

const TPS_WINDOW_SECONDS = 5;
const PROBE_MS_MAX = 2_000;

/** Messages accepted in each of the last seconds. */
export class AcceptedRate {
  readonly #counts = new Map<number, number>();

  count(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + 1);
    for (const old of this.#counts.keys()) if (old < second - TPS_WINDOW_SECONDS) this.#counts.delete(old);
  }

  perSecond(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    let sum = 0;
    for (let back = 1; back <= TPS_WINDOW_SECONDS; back += 1) sum += this.#counts.get(second - back) ?? 0;
    return Math.round((sum / TPS_WINDOW_SECONDS) * 10) / 10;
  }
}

/** The gateway's own health and that of the servers it needs. */
export function createHealthProbe(
  { lifecycle, clock, pool }: ProcessContext,
  redis: RedisConnection,
  control: ControlFeed,
  rate: AcceptedRate,
): HealthProbe {
  return {
    tps: () => rate.perSecond(clock.now()),
    ready: () => lifecycle.ready,
    async components() {
      const [postgres, wallets, kafka] = await Promise.all([
        probe(() => pool.query("SELECT 1")),
        probe(() => redis.run((client: Redis) => client.ping())),
        probe(() => control.confirm()),
      ]);
      return { postgres, redis: wallets, kafka };
    },
  };
}

async function probe(ask: () => Promise<unknown>): Promise<ComponentHealth> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PROBE_MS_MAX} ms`)), PROBE_MS_MAX);
  });
  try {
    await Promise.race([ask(), late]);
    return { status: "up" };
  } catch (error) {
    return { status: "down", detail: (error as Error).message };
  } finally {
    clearTimeout(timer);
  }
}
