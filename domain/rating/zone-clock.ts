const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Date's own range, ECMA-262 §21.4.1.1. */
export const INSTANT_MAX = 8.64e15;
/** Over two years of hours at ~100 bytes each; when full, the cache is emptied and refilled in microseconds. */
const CACHED_HOURS_MAX = 20_000;
const DAY_NAMES = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MINUTE_MS = 60_000;
/** "Sun 00:00" … "Sat 23:59". */
const LABELS: readonly string[] = DAY_NAMES.flatMap((day) =>
  Array.from({ length: 1_440 }, (_, minute) => `${day} ${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`),
);

/** The zone's offset within one UTC hour: `before` until `changesAt` (Infinity when it does not change), then `after`. */
interface OffsetHour {
  readonly before: number;
  readonly changesAt: number;
  readonly after: number;
}

/**
 * Wall-clock time of one IANA zone. Intl takes microseconds per question, so the offset is remembered per
 * UTC hour; an hour in which the zone changes (not always on a quarter: St John's changed at 00:01) keeps the exact instant.
 */
export class ZoneClock {
  readonly zone: string;
  readonly #fields: Intl.DateTimeFormat;
  readonly #hours = new Map<number, OffsetHour>();
  /** That of the last question: nearly always that of the next. Local times, [from, to). */
  #month = { from: 0, to: 0, name: "" };

  /** @throws RangeError for an unknown zone. */
  constructor(zone: string) {
    this.zone = zone;
    this.#fields = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** Hours since Sunday 00:00 on the zone's clocks at `at` (epoch ms): 0–167. */
  hourOfWeek(at: number): number {
    const local = at + this.offset(at);
    const day = Math.floor(local / DAY_MS);
    // 1970-01-01 was a Thursday.
    return modulo(day + 4, 7) * 24 + Math.floor((local - day * DAY_MS) / HOUR_MS);
  }

  /** Days from 1970-01-01 to the day on the zone's calendar at `at`. */
  dayNumber(at: number): number {
    return Math.floor((at + this.offset(at)) / DAY_MS);
  }

  /** "Wed 13:00" */
  label(at: number): string {
    const minutes = Math.floor((at + this.offset(at)) / MINUTE_MS);
    // 1970-01-01 was a Thursday.
    return LABELS[modulo(minutes + 4 * 1_440, LABELS.length)] as string;
  }

  /** The calendar month on the zone's clocks: "202611". */
  month(at: number): string {
    const local = at + this.offset(at);
    if (local < this.#month.from || local >= this.#month.to) this.#month = monthAround(local);
    return this.#month.name;
  }

  /** Milliseconds to add to `at` (epoch ms) to read the zone's clocks. */
  offset(at: number): number {
    const hour = Math.floor(at / HOUR_MS);
    const known = this.#hours.get(hour) ?? this.#remember(hour);
    return at < known.changesAt ? known.before : known.after;
  }

  /** The instant (epoch ms) at which the zone's calendar date `year-month-day` begins. */
  startOfDay(year: number, month: number, day: number): number {
    const midnight = Date.UTC(year, month - 1, day);
    // The offset before midnight holds at midnight unless the zone changes just then; both candidates are tried, the earlier valid one wins.
    const candidates = [midnight - this.#ask(midnight - DAY_MS), midnight - this.#ask(midnight + DAY_MS)];
    const valid = candidates.filter((at) => at + this.offset(at) >= midnight);
    return Math.min(...(valid.length > 0 ? valid : candidates));
  }

  #remember(hour: number): OffsetHour {
    const start = hour * HOUR_MS;
    const before = this.#ask(start);
    const after = this.#ask(start + HOUR_MS - 1);
    const known = { before, after, changesAt: before === after ? Infinity : this.#findChange(start, before) };
    if (this.#hours.size >= CACHED_HOURS_MAX) this.#hours.clear();
    this.#hours.set(hour, known);
    return known;
  }

  /** Bisects the hour for the first millisecond with another offset. */
  #findChange(start: number, before: number): number {
    let low = start;
    let high = start + HOUR_MS - 1;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  #ask(at: number): number {
    const clamped = Math.max(-INSTANT_MAX, Math.min(INSTANT_MAX, at));
    const fields: Record<string, string> = {};
    for (const { type, value } of this.#fields.formatToParts(clamped)) fields[type] = value;
    const year = fields["era"] === "BC" ? 1 - Number(fields["year"]) : Number(fields["year"]);
    const local = new Date(0);
    local.setUTCFullYear(year, Number(fields["month"]) - 1, Number(fields["day"]));
    local.setUTCHours(Number(fields["hour"]), Number(fields["minute"]), Number(fields["second"]));
    return local.getTime() - Math.floor(clamped / 1000) * 1000;
  }
}

/** One clock per zone, shared by all cards. There are some 600 zones, but Intl takes any mix of case, hence a bound. */
const CLOCKS_MAX = 1000;
const clocks = new Map<string, ZoneClock>();

/** @returns null when the name is no IANA zone (offsets such as "+05:00" are none either). */
export function zoneClock(zone: string): ZoneClock | null {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  if (!/^[A-Za-z]/.test(zone)) return null;
  try {
    const clock = new ZoneClock(zone);
    if (clocks.size >= CLOCKS_MAX) clocks.clear();
    clocks.set(zone, clock);
    return clock;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;

/** The instant at which the zone's day "2026-01-31" begins; null for a text that names no day of the calendar. */
export function startOfDay(clock: ZoneClock, day: string): number | null {
  const number = dayNumber(day);
  if (number === null) return null;
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  return clock.startOfDay(year, month, date);
}

/** Days from 1970-01-01 to "2026-01-31"; null for a text that names no day of the calendar. */
export function dayNumber(day: string): number | null {
  const match = DAY.exec(day);
  if (match === null) return null;
  const at = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  // 2024-02-30 would be 1 March.
  return new Date(at).toISOString().startsWith(day) ? at / DAY_MS : null;
}

function monthAround(local: number): { readonly from: number; readonly to: number; readonly name: string } {
  const date = new Date(local);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const from = new Date(0).setUTCFullYear(year, month, 1);
  const to = new Date(0).setUTCFullYear(year, month + 1, 1);
  return { from, to, name: String(year * 100 + month + 1) };
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

function pad(value: number): string {
  return value.toString().padStart(2, "0");
}
