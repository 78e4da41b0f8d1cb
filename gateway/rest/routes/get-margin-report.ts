import { z } from "zod";
import { formatMoney } from "#domain/money/money.ts";
import { MARGIN_DIMENSIONS, MARGIN_ROWS_MAX, type MarginDimension } from "#domain/wallet/margin.ts";
import { marginOf, marginPercent, type MarginRow } from "#domain/wallet/margin.ts";
import type { AddRoute } from "../context.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, tenantId, TENANT_EXAMPLE, time, timezone } from "../schemas.ts";

const DAYS_MAX = 400;

const query = z.object({
  from: time.describe("Happened at this time or later").meta({ examples: ["2026-11-01T00:00:00Z"] }),
  to: time
    .describe("Happened before this time; at most 400 days after `from`")
    .meta({ examples: ["2026-12-01T00:00:00Z"] }),
  by: z
    .string()
    .default("tenant")
    .describe(`Comma-separated: ${MARGIN_DIMENSIONS.join(", ")}`)
    .meta({ examples: ["channel,operator"] }),
  tenant_id: tenantId.optional(),
  timezone: timezone.default("UTC").describe("In which days turn"),
});

const marginRow = z.object({
  tenant_id: z.string().optional(),
  channel: z.string().nullable().optional(),
  event_type: z.string().nullable().optional(),
  operator: z.string().nullable().optional().describe("Null: not known"),
  country: z.string().nullable().optional(),
  connector: z.string().nullable().optional(),
  day: z.string().optional(),
  currency: z.string(),
  charges: z.string(),
  without_cost: z.string().describe("Charges whose supplier's price is not known: their cost counts as 0"),
  revenue: z.string().describe("Without tax; refunds and re-ratings taken off on the day they were decided"),
  cost: z.string(),
  commission: z.string(),
  margin: z.string().describe("revenue − cost − commission"),
  margin_percent: z.string().nullable().describe("Of the revenue"),
});

const report = z.object({ from: z.string(), to: z.string(), data: z.array(marginRow) }).meta({
  id: "MarginReport",
  examples: [
    {
      from: "2026-11-01T00:00:00Z",
      to: "2026-12-01T00:00:00Z",
      data: [
        {
          tenant_id: TENANT_EXAMPLE,
          channel: "sms",
          currency: "USD",
          charges: "50000",
          without_cost: "0",
          revenue: "712.5",
          cost: "450",
          commission: "0",
          margin: "262.5",
          margin_percent: "36.84",
        },
      ],
    },
  ],
});

/** GET /api/v2/reports/margin: revenue, cost and what is left of it, by whatever is asked for. */
export const getMarginReport: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/reports/margin",
    config: { operation: "reports.margin" },
    schema: {
      operationId: "getMarginReport",
      summary: "Report margins",
      description: "Computed from the ledger at this moment, a row per group and currency.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      querystring: query,
      response: { 200: report, ...problemResponses(400) },
    },
    handler: async (request) => {
      const { from, to, by, tenant_id: tenant, timezone: zone } = request.query;
      const window = { from: Date.parse(from), to: Date.parse(to) };
      if (window.to <= window.from) throw fieldProblem("query.to", "must be later than from");
      if (window.to - window.from > DAYS_MAX * 86_400_000)
        throw fieldProblem("query.to", `must be at most ${DAYS_MAX} days after from`);
      const rows = await dependencies.books.reports.margin({
        ...window,
        by: dimensionsOf(by),
        tenantId: tenant ?? null,
        timezone: zone,
      });
      if (rows === null)
        throw fieldProblem("query.by", `gives more than ${MARGIN_ROWS_MAX} rows: ask for less`);
      return { from, to, data: rows.map(marginBody) };
    },
  });
};

function dimensionsOf(text: string): MarginDimension[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const known = names.filter((name): name is MarginDimension =>
    (MARGIN_DIMENSIONS as readonly string[]).includes(name),
  );
  if (known.length < names.length)
    throw fieldProblem("query.by", `must be some of ${MARGIN_DIMENSIONS.join(", ")}`);
  return known;
}

function marginBody(row: MarginRow): z.infer<typeof marginRow> {
  const { tenant, day, ...group } = row.group;
  return {
    ...(tenant === undefined ? {} : { tenant_id: tenant ?? "" }),
    ...group,
    ...(day === undefined ? {} : { day: day ?? "" }),
    currency: row.currency,
    charges: row.charges.toString(),
    without_cost: row.withoutCost.toString(),
    revenue: formatMoney(row.revenue),
    cost: formatMoney(row.cost),
    commission: formatMoney(row.commission),
    margin: formatMoney(marginOf(row)),
    margin_percent: marginPercent(row),
  };
}
