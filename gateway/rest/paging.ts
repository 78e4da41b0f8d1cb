import { z } from "zod";
import type { Page, PageRequest } from "./dependencies.ts";

/** Query of every list. */
export const pageQuery = z.object({
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,400}$/, "must be the `next` of an earlier answer")
    .optional()
    .describe("`next` of the page before")
    .meta({ examples: ["MDE5NzY"] }),
  limit: z.coerce
    .number("must be a number")
    .int("must be a whole number")
    .min(1, "must be 1 or more")
    .max(200, "must be 200 or less")
    .default(50)
    .describe("Rows per page"),
});

/** What a client sees of a store's cursor: opaque, so that its form may change. */
export function toPageRequest(query: { cursor?: string | undefined; limit: number }): PageRequest {
  return {
    after: query.cursor === undefined ? null : Buffer.from(query.cursor, "base64url").toString("utf8"),
    limit: query.limit,
  };
}

export function toPageBody<Row, Shown>(
  page: Page<Row>,
  show: (row: Row) => Shown,
): { data: Shown[]; next: string | null } {
  return {
    data: page.rows.map(show),
    next: page.next === null ? null : Buffer.from(page.next, "utf8").toString("base64url"),
  };
}

export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    data: z.array(row),
    next: z.string().nullable().describe("Cursor of the next page, null on the last"),
  });
}
