/**
 * PostgreSQL array literals for `unnest($1::text[])`. pg's own encoder walks every element through its
 * generic value path, which at thousands of rows of twenty columns costs more than the server's work.
 */

/** Elements that need no quoting: numbers and UUIDs. */
export function plainArray(values: readonly (number | bigint | string | null)[]): string {
  let literal = "{";
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) literal += ",";
    literal += values[index] ?? "NULL";
  }
  return `${literal}}`;
}

const ESCAPED = /["\\\0]/;
/** What JSON.stringify writes in a way of its own; without them its quoting is an array's. */
const CONTROL = /\p{Cc}/u;

/** Any text. NUL, which PostgreSQL cannot store, becomes U+FFFD. */
export function textArray(values: readonly (string | null | undefined)[]): string {
  // One look at all of them: most columns (ids, names) need no escape at all.
  const escaped = ESCAPED.test(values.join(""));
  let literal = "{";
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) literal += ",";
    const value = values[index];
    if (value === null || value === undefined) literal += "NULL";
    else literal += escaped ? quoted(value) : `"${value}"`;
  }
  return `${literal}}`;
}

function quoted(value: string): string {
  if (!CONTROL.test(value) && value.isWellFormed()) return JSON.stringify(value);
  return `"${value.replaceAll("\0", "�").replaceAll(/["\\]/g, "\\$&")}"`;
}

/** JSON.stringify writes \u escapes only for control characters and lone surrogates; jsonb refuses NUL and the latter. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

/** JSON text that jsonb accepts: NUL and lone surrogates become U+FFFD. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!UNSTORABLE.test(text)) return text;
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "string" ? part.toWellFormed().replaceAll("\0", "�") : part,
  );
}
