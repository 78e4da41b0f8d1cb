import { z } from "zod";
import { writeRateSheet } from "#domain/rating/write-rate-sheet.ts";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { rateCardParams } from "../rate-card-body.ts";
import { versionAt } from "../rate-card-versions.ts";
import { ADMINISTRATION_KEY, time } from "../schemas.ts";
import { SHEET_FORMATS, SHEET_TYPES } from "../sheets/formats.ts";
import { writeSheetFile } from "../sheets/sheet-files.ts";
import { readRateCard } from "../store-rate-card.ts";

export const SHEET_EXAMPLE =
  "channel,country,prefix,operator,rate,valid_from,valid_to\r\nsms,,,,0.01,,\r\nsms,,4477,,0.045,2027-01-01,\r\n";

const query = z.object({
  format: z.enum(SHEET_FORMATS).default("csv"),
  at: time.optional().describe("The version in force at that time; default: the latest"),
});

const csv = z.string().meta({ examples: [SHEET_EXAMPLE] });
const xlsx = z.string().meta({ format: "binary", examples: ["(a workbook of one sheet)"] });

/** GET /api/v2/rate-cards/:id/sheet: the card's rates as a file that `POST` takes again. */
export const getRateSheet: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/rate-cards/:id/sheet",
    config: { operation: "rate_sheets.read" },
    schema: {
      operationId: "getRateSheet",
      summary: "Download a rate card's rates as CSV or XLSX",
      description:
        "Base rates, and rates by country, operator and prefix. Rates with time bands of their own are left out; the X-Omitted-Rates header counts them.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: rateCardParams,
      querystring: query,
      response: {
        200: {
          description: "The sheet",
          content: { [SHEET_TYPES.csv]: { schema: csv }, [SHEET_TYPES.xlsx]: { schema: xlsx } },
        },
        ...problemResponses(400, 404),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { format, at } = request.query;
      const versions = await dependencies.rateCards.versions(id);
      const card = at === undefined ? versions[0] : versionAt(versions, Date.parse(at));
      if (card === undefined || card === null)
        throw new ProblemError(
          "not_found",
          versions.length === 0 ? `There is no rate card ${id}.` : `Rate card ${id} is in force later only.`,
        );
      const parsed = await readRateCard(card.source);
      if (!parsed.ok) throw new Error(`stored card ${id}:${card.version} cannot be read`);
      const { rows, omitted } = writeRateSheet(parsed.card);
      const file = await writeSheetFile(format, rows);
      return reply
        .type(format === "csv" ? `${SHEET_TYPES.csv}; charset=utf-8` : SHEET_TYPES.xlsx)
        .header("content-disposition", `attachment; filename="${id}-v${card.version}.${format}"`)
        .header("x-omitted-rates", String(omitted.length))
        .send(Buffer.from(file) as unknown as string);
    },
  });
};
