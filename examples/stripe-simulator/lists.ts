import { invalid, missing } from "./errors.ts";
import { object, text, type Params } from "./form.ts";

const LIMIT_DEFAULT = 10;
const LIMIT_MAX = 100;

interface Listed {
  readonly id: string;
  readonly created: number;
}

/** A page as Stripe gives it: newest first, `starting_after` or `ending_before` an id, `created[gte]`… in seconds. */
export function pageOf<Row extends Listed>(rows: readonly Row[], params: Params, url: string): object {
  const limit = Number(text(params, "limit") ?? LIMIT_DEFAULT);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw invalid(`Invalid limit: must be 1 to ${LIMIT_MAX}.`, { param: "limit" });
  const matching = rows.filter((row) => within(row.created, object(params, "created"))).toReversed();
  const after = text(params, "starting_after");
  const before = text(params, "ending_before");
  if (before !== null) {
    const preceding = matching.slice(0, indexOf(matching, before));
    return listOf(preceding.slice(-limit), preceding.length > limit, url);
  }
  const following = after === null ? matching : matching.slice(indexOf(matching, after) + 1);
  return listOf(following.slice(0, limit), following.length > limit, url);
}

function listOf(data: readonly object[], hasMore: boolean, url: string): object {
  return { object: "list", data, has_more: hasMore, url };
}

function indexOf(rows: readonly Listed[], id: string): number {
  const index = rows.findIndex((row) => row.id === id);
  if (index === -1) throw missing("object", id, "starting_after");
  return index;
}

function within(created: number, range: Params): boolean {
  const bound = (name: string, otherwise: number): number => Number(text(range, name) ?? otherwise);
  return (
    created >= bound("gte", -Infinity) &&
    created > bound("gt", -Infinity) &&
    created < bound("lt", Infinity) &&
    created <= bound("lte", Infinity)
  );
}
