import type { FastifyInstance } from "fastify";
import type { UsageMeter } from "#domain/metering/usage-meter.ts";

/** Counts each answered request of a tenant, and the bytes of both bodies, once the answer is on its way: nobody waits for it. */
export function addMetering(gateway: FastifyInstance, usage: Pick<UsageMeter, "count">): void {
  gateway.addHook("onResponse", async ({ actor, headers }, reply) => {
    if (actor?.kind !== "tenant") return;
    usage.count(
      actor.tenantId,
      lengthOf(headers["content-length"]) + lengthOf(reply.getHeader("content-length")),
    );
  });
}

function lengthOf(header: unknown): number {
  const length = Number(header);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}
