import { kafka } from "./kafka.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import type { Server } from "./server.ts";
import { temporal } from "./temporal.ts";

/** Every server, in the order of the table that `up` prints. */
export const servers: readonly Server[] = [kafka, postgres, redis, temporal];
