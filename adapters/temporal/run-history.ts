import { defaultPayloadConverter, type Payload, type PayloadCodec } from "@temporalio/common";
import protocol from "@temporalio/proto";
import type { temporal } from "@temporalio/proto";
import type { RunEvent } from "#domain/flows/runs.ts";
import type { TemporalClient } from "./client.ts";

const { EventType } = protocol.temporal.api.enums.v1;

/** Of one answer: a payload may have 2 MB, gRPC takes 4 MB, and the server cuts by itself. */
const PAGE_EVENTS = 1_000;
/** The server ends a run at 51,200; a flow of ours continues as new long before. */
const EVENTS_MAX = 52_000;

type Event = temporal.api.history.v1.IHistoryEvent;
type Failure = temporal.api.failure.v1.IFailure;

/** protobufjs' own class of 64-bit numbers, 0 where there is none. */
type EventId = Event["eventId"];

/** What attributes of an event may hold, of all its kinds. */
interface Attributes {
  readonly scheduledEventId?: EventId;
  readonly initiatedEventId?: EventId;
  readonly startedEventId?: EventId;
  readonly acceptedEventId?: EventId;
  readonly activityType?: { readonly name?: string | null } | null;
  readonly workflowType?: { readonly name?: string | null } | null;
  readonly signalName?: string | null;
  readonly timerId?: string | null;
  readonly markerName?: string | null;
  readonly acceptedRequest?: { readonly input?: { readonly name?: string | null } | null } | null;
  readonly attempt?: number | null;
  readonly failure?: Failure | null;
  readonly lastFailure?: Failure | null;
}

/** What has happened in a run, without anything that it was given or has answered. Housekeeping of the server's own is left out. */
export async function runHistory(
  temporal: TemporalClient,
  workflowId: string,
  runId: string,
): Promise<RunEvent[]> {
  const events = await eventsOf(temporal, workflowId, runId);
  const told = await Promise.all(events.map(createTeller(temporal.payloadCodec)));
  return told.filter((event) => event !== null);
}

/** Ids of the events at which the run's code had decided something, the first one first: points to reset to. */
export async function decisions(
  temporal: TemporalClient,
  workflowId: string,
  runId: string,
): Promise<number[]> {
  const events = await eventsOf(temporal, workflowId, runId);
  return events
    .filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
    .map(({ eventId }) => Number(eventId));
}

async function eventsOf(
  { client, config }: TemporalClient,
  workflowId: string,
  runId: string,
): Promise<Event[]> {
  const events: Event[] = [];
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: config.namespace,
      execution: { workflowId, runId },
      maximumPageSize: PAGE_EVENTS,
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    events.push(...(page.history?.events ?? []));
    ({ nextPageToken } = page);
  } while (nextPageToken && nextPageToken.length > 0 && events.length < EVENTS_MAX);
  return events;
}

function createTeller(codec: PayloadCodec): (event: Event) => Promise<RunEvent | null> {
  const names = new Map<string, string>();
  return async (event) => {
    const type = (EventType[event.eventType ?? 0] ?? "").replace("EVENT_TYPE_", "").toLowerCase();
    const attributes = attributesOf(event);
    const eventId = String(event.eventId);
    const name = nameOf(attributes) ?? names.get(String(firstEvent(attributes))) ?? null;
    if (name !== null) names.set(eventId, name);
    if (type.startsWith("workflow_task_")) return null;
    const failure = attributes.failure ?? attributes.lastFailure ?? null;
    return {
      eventId: Number(eventId),
      at: Number(event.eventTime?.seconds ?? 0) * 1000 + Math.floor((event.eventTime?.nanos ?? 0) / 1e6),
      type,
      name,
      summary: await textOf(codec, event.userMetadata?.summary),
      attempt: attributes.attempt ?? null,
      failure: failure === null ? null : await failureOf(codec, failure),
    };
  };
}

/** protobufjs names the one member that is set in a property of the group's own. */
function attributesOf(event: Event): Attributes {
  const member = (event as { readonly attributes?: string }).attributes;
  return member === undefined ? {} : ((event as Record<string, Attributes | undefined>)[member] ?? {});
}

/** The event that this one goes on from, which bears the name. */
function firstEvent(attributes: Attributes): number {
  const { scheduledEventId, initiatedEventId, startedEventId, acceptedEventId } = attributes;
  const ids = [scheduledEventId, initiatedEventId, acceptedEventId, startedEventId].map((id) =>
    Number(id ?? 0),
  );
  return ids.find((id) => id > 0) ?? 0;
}

function nameOf({
  activityType,
  workflowType,
  signalName,
  timerId,
  markerName,
  acceptedRequest,
}: Attributes) {
  return (
    activityType?.name ||
    workflowType?.name ||
    signalName ||
    acceptedRequest?.input?.name ||
    markerName ||
    timerId ||
    null
  );
}

async function textOf(codec: PayloadCodec, payload: Payload | null | undefined): Promise<string | null> {
  if (!payload) return null;
  const [clear] = await codec.decode([payload]);
  const value: unknown = clear === undefined ? null : defaultPayloadConverter.fromPayload(clear);
  return typeof value === "string" ? value : null;
}

/** The innermost cause: an activity's failure only says that the activity failed. */
async function failureOf(codec: PayloadCodec, failure: Failure): Promise<NonNullable<RunEvent["failure"]>> {
  if (failure.cause) return failureOf(codec, failure.cause);
  const type =
    failure.applicationFailureInfo?.type ||
    (failure.timeoutFailureInfo ? "Timeout" : failure.canceledFailureInfo ? "Cancelled" : "Failed");
  if (!failure.encodedAttributes) return { type, message: failure.message ?? "" };
  const [clear] = await codec.decode([failure.encodedAttributes]);
  const told = clear === undefined ? {} : defaultPayloadConverter.fromPayload<{ message?: string }>(clear);
  return { type, message: told.message ?? "" };
}
