import type { z } from "zod";

/** What zod says by itself; whatever begins otherwise was written for its field. https://zod.dev/error-customization */
const OF_ZOD = /^(Invalid|Too (small|big))/;

/** What is wrong with a field and how it is put right, in the API's words: "must be at least 1". */
export function remedyOf(issue: z.core.$ZodIssue): string {
  if (!OF_ZOD.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return issue.message.endsWith("received undefined") ? "is missing" : `must be ${named(issue.expected)}`;
    case "too_small":
      return smallest(issue);
    case "too_big":
      return `must ${bound(issue.origin, "at most", issue.maximum, issue.inclusive !== false, "less than")}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return FORMATS[issue.format] ?? issue.message;
    case "unrecognized_keys":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return issue.message;
  }
}

function smallest(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.origin === "string" && issue.minimum === 1) return "must not be empty";
  return `must ${bound(issue.origin, "at least", issue.minimum, issue.inclusive !== false, "greater than")}`;
}

function bound(
  origin: string,
  limit: "at least" | "at most",
  value: number | bigint,
  isInclusive: boolean,
  strictly: string,
): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `be ${isInclusive ? limit : strictly} ${value}`;
  return `have ${limit} ${value} ${value === 1 ? unit.one : unit.many}`;
}

const UNITS: Readonly<Record<string, { readonly one: string; readonly many: string }>> = {
  string: { one: "character", many: "characters" },
  array: { one: "entry", many: "entries" },
  set: { one: "entry", many: "entries" },
};

const FORMATS: Readonly<Record<string, string>> = {
  email: "must be a mail address",
  url: "must be a URL such as https://example.com/path",
  uuid: "must be a UUID",
  datetime: "must be a time such as 2026-11-27T09:00:00Z",
  date: "must be a day such as 2026-11-27",
  ipv4: "must be an IPv4 address",
  ipv6: "must be an IPv6 address",
};

/** A type as JSON names it. */
function named(expected: string): string {
  if (expected === "record") return "an object";
  if (expected === "int") return "a whole number";
  return `${/^[aio]/.test(expected) ? "an" : "a"} ${expected}`;
}
