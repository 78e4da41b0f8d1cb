import type { ScheduleDescription } from "@temporalio/client";
import { onTemporal, type TemporalClient } from "./client.ts";
import { keyIdOf } from "./payload-codec.ts";

/**
 * Encrypts with the current key what schedules give to the flows that they start, so that an old key can be taken away. A schedule that is
 * so already is left alone. @returns the ids of those that were changed.
 */
export async function reEncryptSchedules(temporal: TemporalClient): Promise<string[]> {
  const { client, config } = temporal;
  const current = config.payloadKeys[0]?.id;
  const changed: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) {
    const handle = client.schedule.getHandle(scheduleId);
    const stands = await onTemporal(() => handle.describe());
    if (keysOf(stands).every((id) => id === current)) continue;
    await onTemporal(() =>
      handle.update(({ spec, action, policies, state }) => ({ spec, action, policies, state })),
    );
    changed.push(scheduleId);
  }
  return changed;
}

/** Of the input and of what the Web UI shows; null for what is in clear. */
function keysOf({ raw }: ScheduleDescription): (string | null)[] {
  const { input, userMetadata } = raw.schedule?.action?.startWorkflow ?? {};
  const payloads = [...(input?.payloads ?? []), userMetadata?.summary, userMetadata?.details];
  return payloads.flatMap((payload) => (payload ? [keyIdOf(payload)] : []));
}
