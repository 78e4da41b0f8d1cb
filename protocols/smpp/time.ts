const ABSOLUTE = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d)(\d{2})([+-])$/;
const RELATIVE = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})000R$/;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const QUARTER = 15 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A relative year or month has no fixed length; validity in them is as good as the longest one allowed. */
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;

/**
 * Reads a time of SMPP 3.4 §7.1.1: absolute "YYMMDDhhmmsstnnp" (nn quarter hours of difference to UTC) or relative
 * "YYMMDDhhmmss000R".
 * @returns epoch ms, or null when it is not of that form.
 */
export function parseSmppTime(text: string, now: number): number | null {
  const relative = RELATIVE.exec(text);
  if (relative !== null) {
    const [years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = relative
      .slice(1)
      .map(Number);
    return (
      now + years * YEAR + months * MONTH + days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND
    );
  }
  const absolute = ABSOLUTE.exec(text);
  if (absolute === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, tenth = 0, quarters = 0] = absolute
    .slice(1, 9)
    .map(Number);
  if (
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > 31 ||
    hour > 23 ||
    minute > 59 ||
    second > 59 ||
    quarters > 48
  )
    return null;
  const local = Date.UTC(2000 + year, month - 1, day, hour, minute, second, tenth * 100);
  return local - (absolute[9] === "+" ? 1 : -1) * quarters * QUARTER;
}

/** Absolute, in UTC, to the second: "YYMMDDhhmmss000+". */
export function formatSmppTime(at: number): string {
  return `${new Date(at).toISOString().slice(2, 19).replace(/\D/g, "")}000+`;
}
