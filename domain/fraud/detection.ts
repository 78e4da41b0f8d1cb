import { type FraudAlert, fraudAlertId, type FraudPattern } from "../events/fraud-alert.ts";
import type { FraudSeverity } from "./severity.ts";
import { type Destination, mergeDestinations } from "./destinations.ts";

/** Traffic is counted in windows of ten minutes of the clock. */
export const WINDOW_MS = 600_000;
/** What a tenant usually sends is what it sent in the day before. */
export const BASELINE_MS = 86_400_000;
/** Of one tenant and window; the rarest make room, and are still counted in their country. */
export const PREFIXES_MAX = 100;
/** What is not known to lie in a country (ISO 3166-1 leaves ZZ to its users). */
export const UNKNOWN_COUNTRY = "ZZ";

/** Counts of one window, all whole numbers of zero or more. Messages that left for a destination and what became of them. */
export interface TrafficCounts {
  /** Outbound messages that the firewall judged. */
  readonly messages: number;
  readonly delivered: number;
  /** Failed or expired at the carrier. */
  readonly undelivered: number;
  /** Refused by the carrier when they were handed over. */
  readonly rejected: number;
  readonly velocityBlocked: number;
  readonly keywordBlocked: number;
}

/** `prefix` null: the whole country. */
export interface DestinationCounts extends TrafficCounts {
  readonly country: string;
  readonly prefix: string | null;
}

/** What a tenant sent in the day before a window. */
export interface Baseline {
  /** Windows in which it sent anything. */
  readonly windows: number;
  /** Messages by `country:prefix`, the prefix empty for the whole country. */
  readonly messages: ReadonlyMap<string, number>;
}

/** What makes a suspicion. Figures are per window. */
export const DETECTION = {
  pumping: {
    /** So many times what is usual. */
    rise: 5,
    /** At least so many messages; more where the tenant is new and nothing is usual yet. */
    messages: 100,
    messagesOfNew: 300,
    /** Windows of a day after which the usual is known. */
    knownAfter: 6,
    /** Outcomes that must have come in, and the share of them that arrived at most. */
    outcomes: 20,
    delivered: 0.5,
  },
  /** Blocks of the firewall, and their least share of all messages. */
  velocity: { blocks: 100, share: 0 },
  content: { blocks: 50, share: 0.2 },
  /** Refusals by carriers, and their least share of the outcomes. */
  refused: { rejections: 100, share: 0.5 },
} as const;

/** A country that has less of the pattern's messages than this is not concerned. */
const COUNTRY_SHARE_MIN = 0.1;
/** Ranges that are frozen in place of their country where so few of them hold so much. */
const RANGES_MAX = 10;
const RANGES_SHARE_MIN = 0.8;

export interface JudgedWindow {
  readonly tenantId: string;
  /** Epoch ms at which the window began. */
  readonly from: number;
  readonly counts: readonly DestinationCounts[];
  readonly baseline: Baseline;
  readonly samples: readonly string[];
  /** Epoch ms. */
  readonly now: number;
}

export function windowOf(at: number): number {
  return Math.floor(at / WINDOW_MS) * WINDOW_MS;
}

export function baselineKey(country: string, prefix: string | null): string {
  return `${country}:${prefix ?? ""}`;
}

/** At most one alert for each pattern. */
export function judgeWindow(window: JudgedWindow): FraudAlert[] {
  const countries = window.counts.filter(({ prefix }) => prefix === null);
  const total = sumOf(countries);
  const { velocity, content, refused } = DETECTION;
  const outcomes = total.delivered + total.undelivered + total.rejected;
  const alerts = [pumping(window)];
  if (isMany(total.velocityBlocked, total.messages, velocity.blocks, velocity.share))
    alerts.push(counted(window, "velocity", total, ({ velocityBlocked }) => velocityBlocked));
  if (isMany(total.keywordBlocked, total.messages, content.blocks, content.share))
    alerts.push(counted(window, "blocked_content", total, ({ keywordBlocked }) => keywordBlocked));
  if (isMany(total.rejected, outcomes, refused.rejections, refused.share))
    alerts.push(counted(window, "refused_destinations", total, ({ rejected }) => rejected));
  return alerts.filter((alert) => alert !== null);
}

function isMany(count: number, of: number, least: number, share: number): boolean {
  return count >= least && count >= share * of;
}

/** Ten times as many is one level more. */
function severityOfCount(count: number, least: number): FraudSeverity {
  return count >= 100 * least ? "critical" : count >= 10 * least ? "high" : "medium";
}

function counted(
  window: JudgedWindow,
  pattern: "velocity" | "blocked_content" | "refused_destinations",
  total: TrafficCounts,
  countOf: (counts: TrafficCounts) => number,
): FraudAlert {
  const least = {
    velocity: DETECTION.velocity.blocks,
    blocked_content: DETECTION.content.blocks,
    refused_destinations: DETECTION.refused.rejections,
  }[pattern];
  const severity = severityOfCount(countOf(total), least);
  return alertOf(window, pattern, severity, concerned(window.counts, countOf), total, 0);
}

/** A range, or a country as a whole, to which messages rise far beyond the usual while few arrive. */
function pumping(window: JudgedWindow): FraudAlert | null {
  const inflated = window.counts.filter((counts) => riseOf(counts, window.baseline) !== null);
  if (inflated.length === 0) return null;
  // A range tells more than its country, where it is the range that rose.
  const ranges = inflated.filter(({ prefix }) => prefix !== null);
  const rest = inflated.filter(
    ({ country, prefix }) => prefix === null && !ranges.some((range) => range.country === country),
  );
  const named = [...ranges, ...rest];
  const rise = Math.max(...named.map((counts) => riseOf(counts, window.baseline) ?? 0));
  const total = sumOf(named);
  const expected = named.reduce((sum, counts) => sum + expectedOf(counts, window.baseline), 0);
  const severity =
    rise >= 50 || total.messages >= 10_000
      ? "critical"
      : rise >= 20 || total.messages >= 3_000
        ? "high"
        : rise >= 10 || total.messages >= 1_000
          ? "medium"
          : "low";
  const destinations = named.filter(isNamed).map(destinationOf);
  return alertOf(window, "traffic_pumping", severity, destinations, total, Math.round(expected));
}

/** How many times the usual; null where nothing is suspicious. */
function riseOf(counts: DestinationCounts, baseline: Baseline): number | null {
  const { rise, messages, messagesOfNew, knownAfter, outcomes, delivered } = DETECTION.pumping;
  const least = baseline.windows >= knownAfter ? messages : messagesOfNew;
  const known = counts.delivered + counts.undelivered + counts.rejected;
  if (counts.messages < least || known < outcomes || counts.delivered >= delivered * known) return null;
  // Where next to nothing is usual, the least that counts at all stands in its place.
  const times = counts.messages / Math.max(expectedOf(counts, baseline), least / rise);
  return times >= rise ? times : null;
}

function expectedOf({ country, prefix }: DestinationCounts, baseline: Baseline): number {
  return (baseline.messages.get(baselineKey(country, prefix)) ?? 0) / Math.max(baseline.windows, 1);
}

/** Where most of the pattern's messages went: few ranges where they hold most of their country's, else the country. */
function concerned(
  counts: readonly DestinationCounts[],
  countOf: (counts: TrafficCounts) => number,
): Destination[] {
  const countries = counts.filter(({ prefix }) => prefix === null);
  const all = countries.reduce((sum, one) => sum + countOf(one), 0);
  return countries
    .filter((country) => countOf(country) > 0 && countOf(country) >= COUNTRY_SHARE_MIN * all)
    .flatMap((country) => {
      const ranges = counts
        .filter((one) => one.prefix !== null && one.country === country.country && countOf(one) > 0)
        .sort((left, right) => countOf(right) - countOf(left))
        .slice(0, RANGES_MAX);
      const held = ranges.reduce((sum, one) => sum + countOf(one), 0);
      const isNarrow = held >= RANGES_SHARE_MIN * countOf(country);
      return (isNarrow ? ranges : [country]).filter(isNamed).map(destinationOf);
    });
}

function isNamed({ country, prefix }: DestinationCounts): boolean {
  return prefix !== null || country !== UNKNOWN_COUNTRY;
}

function destinationOf({ country, prefix }: DestinationCounts): Destination {
  return { country: country === UNKNOWN_COUNTRY ? null : country, prefix };
}

function sumOf(counts: readonly TrafficCounts[]): TrafficCounts {
  const sum = (of: (one: TrafficCounts) => number): number =>
    counts.reduce((total, one) => total + of(one), 0);
  return {
    messages: sum(({ messages }) => messages),
    delivered: sum(({ delivered }) => delivered),
    undelivered: sum(({ undelivered }) => undelivered),
    rejected: sum(({ rejected }) => rejected),
    velocityBlocked: sum(({ velocityBlocked }) => velocityBlocked),
    keywordBlocked: sum(({ keywordBlocked }) => keywordBlocked),
  };
}

function alertOf(
  { tenantId, from, samples, now }: JudgedWindow,
  pattern: FraudPattern,
  severity: FraudSeverity,
  destinations: readonly Destination[],
  total: TrafficCounts,
  expected: number,
): FraudAlert {
  return {
    v: 1,
    type: "fraud.alert",
    id: fraudAlertId(tenantId, pattern, from),
    tenantId,
    pattern,
    severity,
    window: { from, to: from + WINDOW_MS },
    destinations: [...mergeDestinations([], destinations)],
    evidence: {
      messages: total.messages,
      expected,
      delivered: total.delivered,
      undelivered: total.undelivered,
      rejected: total.rejected,
      velocity_blocked: total.velocityBlocked,
      keyword_blocked: total.keywordBlocked,
    },
    samples: [...samples],
    source: "detector",
    reporter: "detector",
    note: null,
    at: now,
  };
}
