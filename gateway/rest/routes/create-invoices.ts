import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { lastDay, lastEndedPeriod, periodThrough } from "#domain/invoicing/period.ts";
import { DEFAULT_INVOICING } from "#domain/invoicing/schedule.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { invoicingFlow, invoicingOutput, type InvoicingInput } from "#workflows/invoicing/api.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { RUN_EXAMPLE, runBody, toRunBody } from "../flow-bodies.ts";
import { fieldProblem, ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, tenantParams, UUID_EXAMPLE } from "../schemas.ts";
import { visibleTenant, walletOf } from "../tenant-access.ts";

const request = z
  .strictObject({
    through: z.iso
      .date("must be a day such as 2026-11-27")
      .optional()
      .describe("Last day of the period, in the tenant's zone; default: of the period that ended last"),
    wallet_id: z.string().max(64).optional().describe("Default: each of the tenant's wallets"),
  })
  .default({})
  .meta({ examples: [{ through: "2026-11-27" }] });

const invoiced = z.object({
  status: z.enum(["completed", "running"]),
  invoices: z
    .array(z.object({ invoice_id: z.string(), number: z.string().nullable(), wallet_id: z.string() }))
    .describe("Empty while the flow runs, and where nothing happened in the period"),
  workflow: runBody,
});

const RUN = { ...RUN_EXAMPLE, workflow_id: "invoicing-TENANT-001-2026-11-27", workflow: "invoicing" };
const EXAMPLE = { invoice_id: UUID_EXAMPLE, number: "INV-2026-000042", wallet_id: UUID_EXAMPLE };

/** POST /api/v2/tenants/:id/invoices: closes a period now, as its schedule would have. */
export const createInvoices: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/tenants/:id/invoices",
    config: { operation: "invoices.create" },
    schema: {
      operationId: "createInvoices",
      summary: "Invoice a period",
      description:
        "Any period that is over and follows the last that was closed; one that is closed already gives its invoice again. 201 once it is done, 202 when that takes longer: it then follows by itself.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: tenantParams,
      body: request,
      response: {
        201: invoiced.meta({ examples: [{ status: "completed", invoices: [EXAMPLE], workflow: RUN }] }),
        202: invoiced.meta({ examples: [{ status: "running", invoices: [], workflow: RUN }] }),
        ...problemResponses(400, 404, 409, 413, 415),
      },
    },
    handler: async (httpRequest, reply) => {
      const { body, params } = httpRequest;
      const tenant = await visibleTenant(httpRequest, dependencies, params.id);
      const actor = actorName(actorOf(httpRequest));
      const answer = await invoice(context, {
        tenantId: tenant.tenantId,
        walletId: body.wallet_id === undefined ? null : walletOf(tenant, body.wallet_id).walletId,
        through: throughOf(tenant, body.through, dependencies.clock.now()),
        actor,
      });
      return reply.code(answer.status === "completed" ? 201 : 202).send(answer);
    },
  });
};

async function invoice(
  { dependencies, waitMs }: RouteContext,
  input: InvoicingInput,
): Promise<z.infer<typeof invoiced>> {
  const { run } = await dependencies.flows.start(invoicingFlow, input, input.actor);
  const result = await dependencies.flows.result(run.workflowId, waitMs);
  const workflow = toRunBody(run);
  if (result.kind === "running") return { status: "running", invoices: [], workflow };
  if (result.kind === "failed") throw new ProblemError("conflict", `It was not invoiced: ${result.message}.`);
  const { invoices } = invoicingOutput.parse(result.output);
  return {
    status: "completed",
    invoices: invoices.map(({ invoiceId, number, walletId }) => ({
      invoice_id: invoiceId,
      number,
      wallet_id: walletId,
    })),
    workflow,
  };
}

/** The day by which a period is known, whoever asks for it. */
function throughOf(tenant: TenantConfiguration, day: string | undefined, now: number): string {
  const zone = zoneClock(tenant.timezone);
  if (zone === null) throw new Error(`tenant ${tenant.tenantId} is in an unknown zone`);
  const { cycle } = tenant.invoicing ?? DEFAULT_INVOICING;
  if (day === undefined) return lastDay(lastEndedPeriod(cycle, zone, now));
  const period = periodThrough(cycle, zone, day);
  if (period === null || period.toAt > now)
    throw fieldProblem("through", `must be a day that is over in ${tenant.timezone}`);
  return day;
}
