import { z } from "zod";
import { formatMoney } from "#domain/money/money.ts";
import { compileFormula, loadFormulas } from "#domain/rating/formula.ts";
import type { AddRoute } from "../context.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const CASES_MAX = 100;

const request = z
  .strictObject({
    formula: z.string().min(1).max(500),
    cases: z
      .array(z.record(z.string().max(60), z.union([z.string(), z.number()]).transform(String)))
      .max(CASES_MAX, `may hold ${CASES_MAX} cases`)
      .default([])
      .describe("Variables with their values; each case is computed"),
  })
  .meta({
    examples: [{ formula: "volume >= 1000 ? rate * 0.9 : rate", cases: [{ rate: "0.015", volume: 50000 }] }],
  });

const result = z
  .object({
    formula: z.string(),
    variables: z.array(z.string()).describe("What it asks of an event"),
    results: z.array(
      z.object({
        amount: z.string().nullable(),
        exact: z.boolean().nullable().describe("False: digits beyond the 18th were rounded half-even"),
        problem: z.string().nullable(),
      }),
    ),
  })
  .meta({
    examples: [
      {
        formula: "volume >= 1000 ? rate * 0.9 : rate",
        variables: ["volume", "rate"],
        results: [{ amount: "0.0135", exact: true, problem: null }],
      },
    ],
  });

/** POST /api/v2/formulas/test: whether a formula can be read, and what it gives; nothing is stored. */
export const testFormula: AddRoute = (gateway) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/formulas/test",
    config: { operation: "formulas.test", body: "lossless" },
    schema: {
      operationId: "testFormula",
      summary: "Try a formula",
      description:
        "Numbers, + - * / ^, comparisons, and or not, ?:, min max round floor ceil abs if; the variables rate, units, volume, base, load, request_size, hour, weekday, tenure_months and attr_<name>. Computed in decimal at 60 digits.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: { 200: result, ...problemResponses(400, 413, 415) },
    },
    handler: async ({ body }) => {
      await loadFormulas();
      const compiled = compileFormula(body.formula);
      if (!compiled.ok) throw fieldProblem("formula", compiled.message);
      const { formula } = compiled;
      const results = body.cases.map((values) => {
        const outcome = formula.evaluate((variable) =>
          Object.hasOwn(values, variable) ? (values[variable] ?? null) : null,
        );
        return outcome.ok
          ? { amount: formatMoney(outcome.amount), exact: outcome.exact, problem: null }
          : { amount: null, exact: null, problem: outcome.message };
      });
      return { formula: formula.text, variables: [...formula.variables], results };
    },
  });
};
