import { isGrpcServiceError } from "@temporalio/client";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Clock } from "#domain/clock.ts";
import type { NewFlowSchedule } from "#domain/flows/schedules.ts";
import { SEARCH_ATTRIBUTES } from "#domain/flows/search-attributes.ts";
import { onTemporal, type TemporalClient } from "./client.ts";
import { createFlowSchedules } from "./flow-schedules.ts";

/** temporal.api.enums.v1.IndexedValueType */
const INDEXED_VALUE_TYPES = { KEYWORD: 2, INT: 3 } as const;

const NOT_FOUND: readonly number[] = [5];
const INVALID_ARGUMENT: readonly number[] = [3];
/** A namespace is known to every part of the server some seconds after its registration, a search attribute within a minute. */
const KNOWN_MS_MAX = 90_000;

const namespaceFile = z.strictObject({ retentionDays: z.int().min(1).max(3_650) });

const scheduleFile = z.array(
  z.strictObject({
    scheduleId: z.string().min(1),
    flow: z.string().min(1),
    taskQueue: z.string().min(1),
    calendar: z.strictObject({
      every: z.enum(["day", "week", "month"]),
      timezone: z.string(),
      hour: z.int().min(0).max(23),
      minute: z.int().min(0).max(59),
      dayOfWeek: z.int().min(0).max(6).exactOptional(),
      dayOfMonth: z.int().min(1).max(28).exactOptional(),
    }),
    input: z.unknown(),
  }),
);

/** What a namespace must have before flows start in it. */
export interface NamespaceNeeds {
  /** How long a run can be looked at after its end. */
  readonly retentionDays: number;
  /** The platform's own; a tenant's are made when it is onboarded. */
  readonly schedules: readonly Omit<NewFlowSchedule, "tenantId" | "workflowIdPrefix" | "note">[];
}

/** Reads namespace.json and schedules.json of a folder. @throws ZodError naming the field. */
export async function readNeeds(folder: URL): Promise<NamespaceNeeds> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(new URL(name, folder), "utf8"));
  const { retentionDays } = namespaceFile.parse(await read("namespace.json"));
  return { retentionDays, schedules: scheduleFile.parse(await read("schedules.json")) };
}

/**
 * Gives the namespace what flows need: itself, its retention, search attributes, the platform's schedules. Repeating it changes nothing.
 * @returns what was changed, in words.
 */
export async function configureNamespace(
  temporal: TemporalClient,
  { retentionDays, schedules }: NamespaceNeeds,
  clock: Clock,
): Promise<string[]> {
  const changes = await applyNamespace(temporal, retentionDays);
  const added = await applySearchAttributes(temporal);
  const flowSchedules = createFlowSchedules(temporal, clock);
  for (const schedule of schedules) {
    const { scheduleId } = schedule;
    const isThere = (await flowSchedules.describe(scheduleId)) !== null;
    await whenKnown(() =>
      flowSchedules.put({ ...schedule, tenantId: null, workflowIdPrefix: scheduleId, note: null }),
    );
    if (!isThere) changes.push(`schedule ${scheduleId}`);
  }
  return [...changes, ...added.map((name) => `search attribute ${name}`)];
}

async function applyNamespace(
  { client, config: { namespace } }: TemporalClient,
  retentionDays: number,
): Promise<string[]> {
  const { workflowService } = client;
  const seconds = retentionDays * 86_400;
  const ttl = { seconds: seconds as never };
  try {
    const { config } = await onTemporal(() => workflowService.describeNamespace({ namespace }));
    if (Number(config?.workflowExecutionRetentionTtl?.seconds) === seconds) return [];
    await onTemporal(() =>
      workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: ttl } }),
    );
    return [`retention of ${retentionDays} days`];
  } catch (error) {
    if (!isGrpcServiceError(error) || !NOT_FOUND.includes(error.code)) throw error;
    await onTemporal(() =>
      workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: ttl }),
    );
    return [`namespace ${namespace}`];
  }
}

/** @returns the names that were missing and are there now. @throws Error where a name is taken by another type. */
async function applySearchAttributes({ client, config: { namespace } }: TemporalClient): Promise<string[]> {
  const { operatorService } = client.connection;
  const known = await whenKnown(() => operatorService.listSearchAttributes({ namespace }));
  const missing = SEARCH_ATTRIBUTES.filter(({ name, type }) => {
    const existing: number | null | undefined = known.customAttributes[name];
    if (existing !== undefined && existing !== INDEXED_VALUE_TYPES[type]) {
      throw new Error(`the search attribute ${name} exists in ${namespace} with another type than ${type}`);
    }
    return existing === undefined;
  });
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(
      missing.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]]),
    );
    await whenKnown(() => operatorService.addSearchAttributes({ namespace, searchAttributes }));
  }
  return missing.map(({ name }) => name);
}

/** Tries again while the server does not know the namespace, or its search attributes, yet. */
async function whenKnown<Result>(call: () => Promise<Result>): Promise<Result> {
  for (const deadline = Date.now() + KNOWN_MS_MAX; ; await sleep(200)) {
    try {
      return await onTemporal(call);
    } catch (error) {
      if (!isUnknownYet(error) || Date.now() > deadline) throw error;
    }
  }
}

function isUnknownYet(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (!isGrpcServiceError(error)) return isUnknownYet(error.cause);
  if (NOT_FOUND.includes(error.code)) return true;
  return INVALID_ARGUMENT.includes(error.code) && /no mapping defined/.test(error.details);
}
