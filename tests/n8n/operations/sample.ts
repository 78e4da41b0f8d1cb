import type { Made } from "./made.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One run of an operation with two items: what is wrong with the first, and what becomes of both. */
export interface Sample {
  readonly parameters: Fields;
  /** What the first item has in place of these parameters. */
  readonly wrong: Fields;
  /** What the first item says then, by the gateway's code. */
  readonly error: string | RegExp;
  readonly code: string;
  /** What the second one becomes, row by row. */
  readonly output: readonly Fields[];
  /** Whether there may be other rows. False if left out. */
  readonly isAmongOthers?: boolean;
  readonly binary?: Fields;
  /** Whether it needs a tenant's key. False if left out. */
  readonly byTenant?: boolean;
}

export type Samples = Readonly<Record<string, (made: Made) => Sample>>;

/** A parameter that is chosen from a list, named by its id. */
export const located = (value: string) => ({ __rl: true, mode: "id", value });

/** Fields of a flow's input or message. */
export const mapped = (value: Fields) => ({ mappingMode: "defineBelow", value });

/** Parameters of a node that gets the wrong item first and the right one second. */
export function parametersOf({ parameters, wrong }: Pick<Sample, "parameters" | "wrong">): Fields {
  return differing(wrong, parameters) as Fields;
}

function differing(wrong: unknown, right: unknown): unknown {
  if (wrong === undefined || wrong === right) return right;
  if (isRecord(wrong) && isRecord(right)) {
    const keys = [...new Set([...Object.keys(right), ...Object.keys(wrong)])];
    return Object.fromEntries(keys.map((key) => [key, differing(wrong[key], right[key])]));
  }
  if (Array.isArray(wrong) && Array.isArray(right))
    return right.map((value, index) => differing(wrong[index], value));
  return `={{ ${JSON.stringify([wrong, right])}[$itemIndex] }}`;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
