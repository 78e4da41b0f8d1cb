import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { supplierSheet } from "#domain/cost/supplier-sheet.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { SUPPLIER_SHEET_EXAMPLE, supplierSheetBody, toSupplierSheetBody } from "../price-rules-body.ts";
import { problemResponses, validationProblem } from "../problems.ts";
import { ADMINISTRATION_KEY, currency, notNegativeAmount } from "../schemas.ts";

const request = z
  .strictObject({
    connector: z.string().min(1).max(100).describe("The connection that messages leave by"),
    currency,
    rows: z
      .array(
        z.strictObject({
          prefix: z.string().optional().describe("Leading digits of the number in E.164, without +"),
          operator: z.string().optional(),
          country: z.string().optional(),
          rate: notNegativeAmount.describe("Per unit"),
          valid_from: z.string().optional(),
          valid_to: z.string().optional().describe("The first day without"),
        }),
      )
      .min(1, "must hold a row")
      .describe("Each names one of prefix, operator and country, or none: every destination"),
  })
  .meta({
    examples: [{ connector: "smsc-1", currency: "USD", rows: SUPPLIER_SHEET_EXAMPLE.rows }],
  });

/** POST /api/v2/supplier-sheets: the buy side of rate cards. */
export const createSupplierSheet: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/supplier-sheets",
    config: { operation: "supplier_sheets.create", body: "lossless" },
    schema: {
      operationId: "createSupplierSheet",
      summary: "Store what a connector's supplier takes",
      description:
        "A new version; it is the cost of events from two seconds after it is stored. The operator decides, else the longest prefix, the country, the row for everywhere.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: {
        201: supplierSheetBody,
        ...problemResponses(400, 413, 415),
      },
    },
    handler: async (httpRequest, reply) => {
      const { connector, currency: code, rows } = httpRequest.body;
      const now = dependencies.clock.now();
      const draft = {
        v: 1,
        type: "supplier_sheet",
        connector,
        version: 1,
        validFrom: now,
        currency: code,
        rows: rows.map(({ valid_from: validFrom, valid_to: validTo, ...row }) => ({
          ...row,
          ...(validFrom === undefined ? {} : { validFrom }),
          ...(validTo === undefined ? {} : { validTo }),
        })),
      };
      const sheet = supplierSheet.safeParse(draft);
      if (!sheet.success) throw validationProblem(sheet.error.issues.map(toFieldError));
      const stored = await dependencies.priceRules.addSupplierSheet({
        connector,
        currency: code,
        rows: sheet.data.rows,
        storedAt: now,
        actor: actorName(actorOf(httpRequest)),
      });
      await dependencies.announcements.flush();
      return reply.code(201).send(toSupplierSheetBody(stored));
    },
  });
};

function toFieldError({ path, message }: z.core.$ZodIssue) {
  const text = path.reduce<string>(
    (sofar, part) => (typeof part === "number" ? `${sofar}[${part}]` : `${sofar}.${String(part)}`),
    "",
  );
  return { path: text.slice(1), message };
}
