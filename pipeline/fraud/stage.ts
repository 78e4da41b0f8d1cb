import type { Clock } from "#domain/clock.ts";
import type { FirewallEvent } from "#domain/events/firewall-event.ts";
import type { FraudAlert } from "#domain/events/fraud-alert.ts";
import { SAMPLES_MAX } from "#domain/fraud/open-case.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { EventPublisher, StageHandler, StageRecord } from "#domain/events/ports.ts";
import {
  type Baseline,
  BASELINE_MS,
  judgeWindow,
  type TrafficCounts,
  UNKNOWN_COUNTRY,
  WINDOW_MS,
  windowOf,
} from "#domain/fraud/detection.ts";
import type { TrafficPosition, TrafficRecord, TrafficWindows } from "#domain/fraud/ports.ts";

export interface FraudDependencies {
  readonly windows: TrafficWindows;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
  /** Told of every alert once it is durable, for metrics. */
  readonly onAlert?: (alert: FraudAlert) => void;
}

type TrafficEvent = MessageStatus | FirewallEvent;

/** Alerts of the last windows whose content is remembered, so that each batch does not say the same again. */
const TOLD_MAX = 10_000;
/** What tenants usually send changes with the window only. */
const BASELINES_MAX = 1_000;

/**
 * Counts each tenant's traffic by destination and says what is suspicious of it. The counts are durable before the alerts, and both before the
 * offset: a batch that comes again counts nothing twice and says what it would have said.
 */
export function createFraudHandler({
  windows,
  publisher,
  clock,
  onAlert,
}: FraudDependencies): StageHandler<TrafficEvent> {
  const told = new Map<string, string>();
  const baselines = new Map<string, Baseline>();

  const baselineOf = async (tenantId: string, window: number): Promise<Baseline> => {
    const key = `${tenantId}:${window}`;
    const known = baselines.get(key);
    if (known !== undefined) return known;
    const baseline = await windows.baseline(tenantId, window);
    remember(baselines, key, baseline, BASELINES_MAX);
    return baseline;
  };

  return async (records) => {
    if (records.length === 0) return;
    const now = clock.now();
    const traffic = records.flatMap((record) => toTraffic(record, now));
    await windows.count(traffic, positionsAfter(records));
    const alerts: FraudAlert[] = [];
    const samples = samplesOf(records);
    for (const { tenantId, window, counts } of await windows.read(touched(traffic))) {
      if (!mayAlert(counts)) continue;
      const baseline = await baselineOf(tenantId, window);
      const judged = { tenantId, from: window, counts, baseline, now, samples: samples.get(tenantId) ?? [] };
      alerts.push(...judgeWindow(judged).filter((alert) => told.get(alert.id) !== fingerprint(alert)));
    }
    if (alerts.length === 0) return;
    await publisher.publish(
      alerts.map((alert) => ({
        topic: "fraud.alerts",
        key: alert.tenantId,
        value: JSON.stringify(alert),
      })),
    );
    for (const alert of alerts) {
      remember(told, alert.id, fingerprint(alert), TOLD_MAX);
      onAlert?.(alert);
    }
  };
}

/** What a case acts on; that the counts have grown is no news. */
function fingerprint({ severity, destinations }: FraudAlert): string {
  return `${severity} ${destinations.map(({ country, prefix }) => `${country}:${prefix}`).join(",")}`;
}

function remember<Value>(memory: Map<string, Value>, key: string, value: Value, capacity: number): void {
  memory.delete(key);
  memory.set(key, value);
  const [oldest] = memory.keys();
  if (memory.size > capacity && oldest !== undefined) memory.delete(oldest);
}

/** Far below the least that any pattern asks for, nobody need ask what is usual. */
function mayAlert(counts: readonly TrafficCounts[]): boolean {
  return counts.some(
    ({ messages, rejected, velocityBlocked, keywordBlocked }) =>
      messages + rejected + velocityBlocked + keywordBlocked >= 50,
  );
}

function toTraffic(record: StageRecord<TrafficEvent>, now: number): TrafficRecord[] {
  const { event, topic, partition, offset } = record;
  const window = windowOf(event.at);
  // Replayed from long ago, or of a clock that is wrong: neither says anything of now.
  if (window < now - BASELINE_MS || window > now + WINDOW_MS) return [];
  return kindsOf(event).map((kind) => ({
    topic,
    partition,
    offset,
    tenantId: event.tenantId,
    window,
    country: event.country ?? UNKNOWN_COUNTRY,
    prefix: event.prefix ?? null,
    kind,
  }));
}

const OUTCOMES: Partial<Record<MessageStatus["state"], keyof TrafficCounts>> = {
  delivered: "delivered",
  failed: "undelivered",
  expired: "undelivered",
  rejected: "rejected",
};

/** A message counts once: by its verdict when it comes, by the outcome of its first part when it ends. */
function kindsOf(event: TrafficEvent): (keyof TrafficCounts)[] {
  if (event.type === "message.status") {
    const outcome = event.part <= 1 ? OUTCOMES[event.state] : undefined;
    return outcome === undefined ? [] : [outcome];
  }
  if (event.direction === "inbound") return [];
  if (event.code === "keyword") return ["messages", "keywordBlocked"];
  return event.code?.startsWith("velocity") === true ? ["messages", "velocityBlocked"] : ["messages"];
}

function touched(
  traffic: readonly TrafficRecord[],
): readonly { readonly tenantId: string; readonly window: number }[] {
  const windows = new Map(
    traffic.map(({ tenantId, window }) => [`${tenantId}:${window}`, { tenantId, window }]),
  );
  return [...windows.values()];
}

/** Conversations of the batch as examples, a tenant's own. */
function samplesOf(records: readonly StageRecord<TrafficEvent>[]): Map<string, string[]> {
  const samples = new Map<string, string[]>();
  for (const { event } of records) {
    const known = samples.get(event.tenantId) ?? [];
    if (known.length < SAMPLES_MAX && !known.includes(event.conversation)) known.push(event.conversation);
    samples.set(event.tenantId, known);
  }
  return samples;
}

/** The offset after the last record of each partition, in the order in which every process locks them. */
function positionsAfter(records: readonly StageRecord<unknown>[]): TrafficPosition[] {
  const positions = new Map<string, TrafficPosition>();
  for (const { topic, partition, offset } of records) {
    const key = `${topic}:${partition}`;
    const known = positions.get(key);
    if (known === undefined || known.nextOffset <= offset)
      positions.set(key, { topic, partition, nextOffset: offset + 1n });
  }
  return [...positions.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, position]) => position);
}
