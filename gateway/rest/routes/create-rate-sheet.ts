import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { dayNumber } from "#domain/rating/zone-clock.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { RATE_CARD_EXAMPLE, rateCardBody, rateCardParams, toRateCardBody } from "../rate-card-body.ts";
import { hashOf } from "../secrets.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders, isoTime, TIME_EXAMPLE } from "../schemas.ts";
import { SHEET_TYPES } from "../sheets/formats.ts";
import { planRateSheet, type SheetPlan } from "../sheets/plan-rate-sheet.ts";
import { addSheetParsers, type SheetBody, sheetOf } from "../sheets/sheet-body.ts";
import {
  DIFFERENCE_EXAMPLE,
  sheetDifferenceBody,
  sheetRemarks,
  toDifferenceBody,
} from "../sheets/sheet-result.ts";
import { storeRateCard } from "../store-rate-card.ts";
import { SHEET_EXAMPLE } from "./get-rate-sheet.ts";

const query = z.object({
  dry_run: z.enum(["true", "false"]).default("false").describe("Only say what would happen"),
  mode: z
    .enum(["merge", "replace"])
    .default("merge")
    .describe("replace: rates of the sheet's channels that it leaves out go, base rates excepted"),
  effective_date: z
    .string()
    .refine((day) => dayNumber(day) !== null, "must be a calendar day such as 2027-01-31")
    .optional()
    .describe("Day of the card's time zone from which the version holds; default: the card's own"),
  notice_days: z.coerce
    .number()
    .int()
    .min(0)
    .max(365)
    .default(0)
    .describe("Rises hold so many days from now at the earliest"),
  base_version: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe("Refuse if the card's latest version is another, as of a dry run that was agreed to"),
});

type Query = z.infer<typeof query>;

const result = z
  .object({
    dry_run: z.boolean(),
    base_version: z.int().describe("The latest version, on which the sheet is laid"),
    rate_card: rateCardBody.nullable().describe("The version as it was stored; null: nothing was"),
    valid_from: z.string().nullable().describe("From when it prices events"),
    compared_with: z.int().nullable().describe("The version that is in force then without the sheet"),
    difference: sheetDifferenceBody.nullable().describe("Null when rows cannot be read"),
    warnings: sheetRemarks,
    errors: sheetRemarks.describe("Of a dry run: what would refuse the sheet"),
  })
  .meta({
    examples: [
      {
        dry_run: false,
        base_version: 1,
        rate_card: { ...RATE_CARD_EXAMPLE, version: 2 },
        valid_from: TIME_EXAMPLE,
        compared_with: 1,
        difference: DIFFERENCE_EXAMPLE,
        warnings: [],
        errors: [],
      },
    ],
  });

/** POST /api/v2/rate-cards/:id/sheet: the card's next version from a file, or what it would be. */
export const createRateSheet: AddRoute = (gateway, context) => {
  void gateway.register(async (plain) => {
    addSheetParsers(plain);
    const scope = plain.withTypeProvider<ZodTypeProvider>();
    scope.route({
      method: "POST",
      url: "/api/v2/rate-cards/:id/sheet",
      config: { operation: "rate_sheets.create" },
      schema: {
        operationId: "createRateSheet",
        summary: "Change a rate card's rates by a CSV or XLSX file",
        description:
          "Stores the card's next version, as POST /rate-cards does; the same sheet again changes nothing (200). Columns: channel, one or none of country, prefix and operator, rate, valid_from, valid_to. At most 5 MB and 200,000 rows.",
        tags: ["billing"],
        security: ADMINISTRATION_KEY,
        consumes: Object.values(SHEET_TYPES),
        params: rateCardParams,
        querystring: query,
        headers: idempotencyHeaders,
        body: z.unknown().meta({ description: "The file", examples: [SHEET_EXAMPLE] }),
        response: { 200: result, 201: result, ...problemResponses(400, 404, 409, 413, 415, 422) },
      },
      handler: async (request, reply) => {
        const sheet = sheetOf(request.body);
        const { id } = request.params;
        if (request.query.dry_run === "true")
          return sendEffect(reply, await tryOut(context, id, sheet, request.query));
        const work = () => store(context, id, sheet, request.query, actorName(actorOf(request)));
        const effect = await once(
          context.dependencies.idempotency,
          {
            scope: "administration:rate-sheets",
            key: idempotencyKey(request),
            body: { id, ...request.query, sheet: hashOf(Buffer.from(sheet.bytes).toString("base64")) },
            resourceIds: [],
            now: context.dependencies.clock.now(),
            // Storing the same sheet again changes nothing, so it is simply done again.
            fromIds: () => ({ status: 200, body: null }),
          },
          work,
        );
        return sendEffect(reply, effect.body === null ? await work() : effect);
      },
    });
  });
};

async function tryOut(context: RouteContext, id: string, sheet: SheetBody, wishes: Query): Promise<Effect> {
  const { plan, base } = await planned(context, id, sheet, wishes);
  const errors = plan.kind === "wrong" ? plan.errors : plan.early;
  return { status: 200, body: { ...shown(plan, base), dry_run: true, rate_card: null, errors } };
}

async function store(
  context: RouteContext,
  id: string,
  sheet: SheetBody,
  wishes: Query,
  actor: string,
): Promise<Effect> {
  const { plan, base } = await planned(context, id, sheet, wishes);
  if (plan.kind === "wrong") {
    const { length } = plan.errors;
    const detail = `The sheet has ${length === 1 ? "a mistake" : `${length} mistakes`}: correct the rows and send it again. Nothing was stored.`;
    throw new ProblemError("sheet_refused", detail, { errors: plan.errors });
  }
  if (plan.early.length > 0)
    throw new ProblemError(
      "conflict",
      "Prices rise before their notice is over: send a later effective_date. Nothing was stored.",
      { errors: plan.early },
    );
  const { card, created } = await storeRateCard(context.dependencies, plan.source, actor);
  const body = {
    ...shown(plan, base),
    dry_run: false,
    rate_card: toRateCardBody(card),
    valid_from: isoTime(card.validFrom),
    errors: [],
  };
  return { status: created ? 201 : 200, body };
}

async function planned(
  { dependencies }: RouteContext,
  id: string,
  sheet: SheetBody,
  { mode, effective_date, notice_days, base_version }: Query,
): Promise<{ readonly plan: SheetPlan; readonly base: number }> {
  const versions = await dependencies.rateCards.versions(id);
  const base = versions[0]?.version;
  if (base === undefined) throw new ProblemError("not_found", `There is no rate card ${id}.`);
  if (base_version !== undefined && base_version !== base)
    throw new ProblemError(
      "conflict",
      `The latest version is ${base}, not ${base_version}: try the sheet on it first.`,
    );
  const wishes = { mode, effectiveDate: effective_date ?? null, noticeDays: notice_days };
  return { plan: await planRateSheet(versions, sheet, wishes, dependencies.clock.now()), base };
}

function shown(plan: SheetPlan, base: number) {
  if (plan.kind === "wrong")
    return { base_version: base, valid_from: null, compared_with: null, difference: null, warnings: [] };
  return {
    base_version: base,
    valid_from: isoTime(plan.validFrom),
    compared_with: plan.compared,
    difference: toDifferenceBody(plan.difference),
    warnings: plan.warnings,
  };
}
