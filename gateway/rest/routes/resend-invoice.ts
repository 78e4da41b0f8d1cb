import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { invoiceMailingFlow } from "#workflows/invoice-mailing/api.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { RUN_EXAMPLE, runBody, toRunBody } from "../flow-bodies.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { invoiceParams, visibleInvoice } from "../invoice-body.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders, UUID_EXAMPLE } from "../schemas.ts";

const resent = z.object({ status: z.literal("started"), workflow: runBody.nullable() });

const RUN = { ...RUN_EXAMPLE, workflow_id: `invoice-mail-${UUID_EXAMPLE}`, workflow: "invoiceMailing" };

/** POST /api/v2/invoices/:id/resend: the PDF once more to the tenant's address of today. */
export const resendInvoice: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/invoices/:id/resend",
    config: { operation: "invoices.resend" },
    schema: {
      operationId: "resendInvoice",
      summary: "Mail an invoice once more",
      description: "Send an Idempotency-Key: without one a repetition mails it again.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: invoiceParams,
      headers: idempotencyHeaders,
      response: {
        202: resent.meta({ examples: [{ status: "started", workflow: RUN }] }),
        ...problemResponses(400, 404, 409, 422),
      },
    },
    handler: async (request, reply) => {
      const { invoice } = await visibleInvoice(request, dependencies, request.params.id);
      const actor = actorName(actorOf(request));
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `invoice:${invoice.invoiceId}:resend`,
          key: idempotencyKey(request),
          body: null,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: () => ({ status: 202, body: { status: "started", workflow: null } }),
        },
        ([again = ""]) =>
          resend(context, { tenantId: invoice.tenantId, invoiceId: invoice.invoiceId, again, actor }),
      );
      return sendEffect(reply, effect);
    },
  });
};

async function resend(
  { dependencies }: RouteContext,
  input: {
    readonly tenantId: string;
    readonly invoiceId: string;
    readonly again: string;
    readonly actor: string;
  },
): Promise<Effect> {
  const { run } = await dependencies.flows.start(invoiceMailingFlow, input, input.actor);
  return { status: 202, body: { status: "started", workflow: toRunBody(run) } };
}
