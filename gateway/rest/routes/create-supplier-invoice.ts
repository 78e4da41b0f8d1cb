import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { parseMoney, type Money } from "#domain/money/money.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { fieldProblem, ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, currency, positiveAmount } from "../schemas.ts";
import { day, supplierInvoiceBody, toSupplierInvoiceBody } from "../settlement-body.ts";

const DAYS_MAX = 400;

const request = z
  .strictObject({
    connector: z.string().min(1).max(100).describe("The connection whose messages it is for"),
    reference: z.string().trim().min(1).max(200).describe("The carrier's own number: each counts once"),
    currency,
    amount: positiveAmount,
    from: day.describe("First day, of UTC"),
    to: day.describe("Last day, included"),
  })
  .meta({
    examples: [
      {
        connector: "carrier-a",
        reference: "CA-2026-11",
        currency: "USD",
        amount: "4510.00",
        from: "2026-11-01",
        to: "2026-11-30",
      },
    ],
  });

/** POST /api/v2/settlements/supplier-invoices: a carrier's invoice, or the total of its CDRs, beside what our charges cost. */
export const createSupplierInvoice: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/settlements/supplier-invoices",
    config: { operation: "supplier_invoices.create", body: "lossless" },
    schema: {
      operationId: "createSupplierInvoice",
      summary: "Compare a carrier's invoice",
      description:
        "Within one percent the difference is posted: what the supplier is owed and the cost of sales follow the invoice. Beyond it a case is opened. The same invoice again answers as the first time.",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: { 201: supplierInvoiceBody, ...problemResponses(400, 409, 413, 415) },
    },
    handler: async (httpRequest, reply) => {
      const { body } = httpRequest;
      const days = (Date.parse(body.to) - Date.parse(body.from)) / 86_400_000;
      if (days < 0) throw fieldProblem("to", "must not be before from");
      if (days > DAYS_MAX) throw fieldProblem("to", `must be at most ${DAYS_MAX} days after from`);
      const outcome = await dependencies.settlements.addSupplierInvoice(
        { ...body, invoiceId: dependencies.newId(), amount: parseMoney(body.amount) as Money },
        { actor: actorName(actorOf(httpRequest)), at: dependencies.clock.now() },
      );
      if (outcome.kind === "differs")
        throw new ProblemError(
          "conflict",
          `${body.reference} of ${body.connector} was compared before, with another amount or period.`,
        );
      return reply.code(201).send(toSupplierInvoiceBody(outcome.invoice));
    },
  });
};
