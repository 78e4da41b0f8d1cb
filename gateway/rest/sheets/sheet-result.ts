import { z } from "zod";
import { formatMoney } from "#domain/money/money.ts";
import type { SheetDifference } from "#domain/rating/rate-sheet-difference.ts";

const remark = z.object({ path: z.string().describe("row 17, rate"), message: z.string() });
export const sheetRemarks = z.array(remark);

const change = z.object({
  channel: z.string().describe("Empty in a supplier's sheet"),
  kind: z.enum(["base", "country", "operator", "prefix"]),
  name: z.string().describe("The country, operator or prefix"),
  from: z.string().describe("The first day"),
  to: z.string().nullable().describe("The first day without; null: no end"),
  change: z.enum(["added", "removed", "increased", "decreased"]),
  before: z.string().nullable(),
  after: z.string().nullable(),
  percent: z.string().nullable(),
  raises: z.boolean().describe("Somebody pays more, so the notice counts"),
});

export const sheetDifferenceBody = z.object({
  added: z.int(),
  removed: z.int(),
  increased: z.int(),
  decreased: z.int(),
  changes: z.array(change),
  dropped: z.int().describe("Changes beyond the first 10,000"),
});

export const DIFFERENCE_EXAMPLE: z.infer<typeof sheetDifferenceBody> = {
  added: 0,
  removed: 0,
  increased: 1,
  decreased: 0,
  changes: [
    {
      channel: "sms",
      kind: "prefix",
      name: "4477",
      from: "2027-01-01",
      to: null,
      change: "increased",
      before: "0.04",
      after: "0.045",
      percent: "12.5",
      raises: true,
    },
  ],
  dropped: 0,
};

export function toDifferenceBody({
  raises: _raises,
  changes,
  ...counts
}: SheetDifference): z.infer<typeof sheetDifferenceBody> {
  return {
    ...counts,
    changes: changes.map(({ before, after, ...facts }) => ({
      ...facts,
      before: before === null ? null : formatMoney(before),
      after: after === null ? null : formatMoney(after),
    })),
  };
}
