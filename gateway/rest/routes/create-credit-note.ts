import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { minorUnits } from "#domain/money/allocate.ts";
import { type Money, parseMoney } from "#domain/money/money.ts";
import type { Invoice } from "#domain/invoicing/invoice.ts";
import { fromMinor, minorText, toMinor } from "#domain/invoicing/minor-units.ts";
import type { CreditNoteOutcome, CreditNoteRequest } from "#domain/invoicing/ports.ts";
import { invoiceMailingFlow } from "#workflows/invoice-mailing/api.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { invoiceParams, visibleInvoice } from "../invoice-body.ts";
import { fieldProblem, ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders, positiveAmount, UUID_EXAMPLE } from "../schemas.ts";
import { acceptedAtOf } from "../uuid-time.ts";

const request = z
  .strictObject({
    amount: positiveAmount.optional().describe("With tax; default: all that was not credited yet"),
    reason: z.string().trim().min(1).max(200),
  })
  .meta({ examples: [{ amount: "0.05", reason: "complaint 4711" }] });

const credited = z.object({
  credit_note_id: z.string(),
  number: z
    .string()
    .nullable()
    .describe("Null where only the ids of an old answer are kept: read the credit note"),
  corrects: z.string().describe("Number of the invoice"),
  total: z.string().nullable(),
  currency: z.string(),
});

const EXAMPLE = {
  credit_note_id: UUID_EXAMPLE,
  number: "CN-2026-000007",
  corrects: "INV-2026-000042",
  total: "0.05",
  currency: "USD",
};

/** POST /api/v2/invoices/:id/credit-notes: takes an invoice back, whole or in part. */
export const createCreditNote: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/invoices/:id/credit-notes",
    config: { operation: "invoices.credit", body: "lossless" },
    schema: {
      operationId: "createCreditNote",
      summary: "Credit an invoice",
      description:
        "Never more than the invoice says, however many ask at once: 409 says what is left. The amount goes back to the wallet, revenue and tax with it, and the document is mailed. Send an Idempotency-Key: without one a repetition credits again, as long as something is left.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: invoiceParams,
      headers: idempotencyHeaders,
      body: request,
      response: {
        201: credited.meta({ examples: [EXAMPLE] }),
        ...problemResponses(400, 404, 409, 413, 415, 422),
      },
    },
    handler: async (httpRequest, reply) => {
      const { body, params } = httpRequest;
      const { invoice } = await visibleInvoice(httpRequest, dependencies, params.id);
      const amountMinor = body.amount === undefined ? null : wholeMinor(body.amount, invoice.currency);
      const actor = actorName(actorOf(httpRequest));
      const noteOf = (creditNoteId: string): CreditNoteRequest => ({
        creditNoteId,
        invoiceId: invoice.invoiceId,
        amountMinor,
        reason: body.reason,
        actor,
        at: acceptedAtOf(creditNoteId),
      });
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `invoice:${invoice.invoiceId}:credit-notes`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([id = ""]) => fromId(id, invoice),
        },
        ([id = ""]) => credit(context, noteOf(id)),
      );
      return sendEffect(reply, effect);
    },
  });
};

function fromId(creditNoteId: string, { number, currency }: Invoice): Effect {
  const body = { credit_note_id: creditNoteId, number: null, corrects: number, total: null, currency };
  return { status: 201, body };
}

function wholeMinor(amount: string, currency: string): bigint {
  const decimals = minorUnits(currency);
  const exact = parseMoney(amount) as Money;
  const minor = toMinor(exact, decimals);
  if (fromMinor(minor, decimals) !== exact)
    throw fieldProblem("amount", `must be an amount of ${currency} with at most ${decimals} decimals`);
  return minor;
}

async function credit({ dependencies }: RouteContext, note: CreditNoteRequest): Promise<Effect> {
  const outcome = await dependencies.invoicing.books.credit(note);
  if (outcome.kind !== "credited") throw refusal(outcome, note.invoiceId);
  const { creditNote } = outcome;
  const { actor } = note;
  const mail = { tenantId: creditNote.tenantId, invoiceId: creditNote.invoiceId, again: null, actor };
  await dependencies.flows.start(invoiceMailingFlow, mail, actor);
  return {
    status: 201,
    body: {
      credit_note_id: creditNote.invoiceId,
      number: creditNote.number,
      corrects: creditNote.corrects?.number ?? "",
      total: creditNote.total,
      currency: creditNote.currency,
    },
  };
}

function refusal(
  outcome: Exclude<CreditNoteOutcome, { readonly kind: "credited" }>,
  invoiceId: string,
): ProblemError {
  switch (outcome.kind) {
    case "unknown":
      return new ProblemError("not_found", `There is no invoice ${invoiceId}.`);
    case "not_an_invoice":
      return new ProblemError("conflict", "A credit note cannot be credited.");
    case "exceeds": {
      const left = minorText(outcome.remainingMinor, minorUnits(outcome.currency));
      return new ProblemError(
        "conflict",
        `${left} ${outcome.currency} is left of the invoice: a credit note cannot exceed it.`,
      );
    }
  }
}
