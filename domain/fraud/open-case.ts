import type { FraudAlert } from "../events/fraud-alert.ts";
import { describeDestination, type Destination, mergeDestinations } from "./destinations.ts";
import { CASE_LEVELS, type CaseLevel } from "./ports.ts";
import { severer, type FraudSeverity } from "./severity.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Once everybody has been asked, the owner is reminded on these days after the last mail; then monthly. */
const REMINDERS_AFTER_DAYS = [1, 6];
const REMINDED_EVERY_DAYS = 30;
/** Conversations shown as examples. */
export const SAMPLES_MAX = 10;
/** Minutes that each level has, by severity. */
export type SlaMinutes = Readonly<Record<FraudSeverity, number>>;

/** An open case, as it goes on in another run where the history grew long. */
export interface OpenCase {
  readonly caseId: string;
  readonly slaMinutes: SlaMinutes;
  severity: FraudSeverity;
  destinations: readonly Destination[];
  /** Epoch ms, [from, to): of all its alerts. */
  from: number;
  to: number;
  samples: readonly string[];
  /** Index of the level that is asked; behind the last one nobody is left. */
  level: number;
  /** Epoch ms at which that began. */
  levelSince: number;
  /** Levels that have been asked. */
  asked: readonly CaseLevel[];
  reminders: number;
}

export const NOBODY_ASKED = { level: 0, asked: [], reminders: 0 } as const;

/** What several alerts say together. */
export function gathered(
  alerts: readonly FraudAlert[],
): Pick<OpenCase, "severity" | "destinations" | "from" | "to" | "samples"> {
  return {
    severity: alerts.map(({ severity }) => severity).reduce(severer, "low"),
    destinations: mergeDestinations(
      [],
      alerts.flatMap(({ destinations }) => destinations),
    ),
    from: Math.min(...alerts.map(({ window }) => window.from)),
    to: Math.max(...alerts.map(({ window }) => window.to)),
    samples: [...new Set(alerts.flatMap(({ samples }) => samples))].slice(0, SAMPLES_MAX),
  };
}

/** How long it waits for a word, from the level's beginning: for a level its time by severity, behind the last one until the owner is reminded. */
export function patienceMs({ level, severity, slaMinutes, reminders }: OpenCase): number {
  if (level < CASE_LEVELS.length) return slaMinutes[severity] * MINUTE_MS;
  return (REMINDERS_AFTER_DAYS[reminders] ?? REMINDED_EVERY_DAYS) * DAY_MS;
}

/** Once its time is over, the next level is asked; behind the last one the owner is told (`undecided`), then reminded. */
export function escalate(open: OpenCase, now: number): "undecided" | "reminder" | null {
  open.levelSince = now;
  if (open.level >= CASE_LEVELS.length) {
    open.reminders += 1;
    return "reminder";
  }
  open.level += 1;
  return open.level < CASE_LEVELS.length ? null : "undecided";
}

/** Who is to be asked now and has not been. Of a critical case everybody is told at once; the clock still runs level by level. */
export function levelsDue({ level, severity, asked }: OpenCase): readonly CaseLevel[] {
  const due = severity === "critical" ? CASE_LEVELS : CASE_LEVELS.slice(level, level + 1);
  return due.filter((one) => !asked.includes(one));
}

/** Adds more alerts; true where they name destinations that the case did not have. */
export function extend(open: OpenCase, alerts: readonly FraudAlert[]): boolean {
  const more = gathered(alerts);
  const before = open.destinations;
  open.destinations = mergeDestinations(before, more.destinations);
  open.severity = severer(open.severity, more.severity);
  open.from = Math.min(open.from, more.from);
  open.to = Math.max(open.to, more.to);
  open.samples = [...new Set([...open.samples, ...more.samples])].slice(0, SAMPLES_MAX);
  return (
    open.destinations.length !== before.length || open.destinations.some((one, at) => one !== before[at])
  );
}

/** Alerts whose ids are remembered: a repetition comes within hours of the first. */
const REMEMBERED_MAX = 500;

/** Remembers the alert; one that is known counts again only where it knows of more. */
export function isNews(seen: Map<string, string>, alert: FraudAlert): boolean {
  const fingerprint = `${alert.severity} ${alert.destinations.map(describeDestination).sort().join(",")}`;
  if (seen.get(alert.id) === fingerprint) return false;
  seen.set(alert.id, fingerprint);
  const [oldest] = seen.keys();
  if (seen.size > REMEMBERED_MAX && oldest !== undefined) seen.delete(oldest);
  return true;
}
