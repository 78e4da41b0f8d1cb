import type { FlowDefinition, FlowMessage } from "#domain/flows/definition.ts";
import type { FlowRun } from "#domain/flows/runs.ts";
import { partyOf } from "#domain/access/permissions.ts";
import { invoiceMailingFlow } from "#workflows/invoice-mailing/api.ts";
import { invoicingFlow } from "#workflows/invoicing/api.ts";
import { fraudCaseFlow } from "#workflows/fraud-case/api.ts";
import { lowBalanceFlow } from "#workflows/low-balance/api.ts";
import { n8nStepFlow } from "#workflows/n8n-step/api.ts";
import { paymentCollectionFlow } from "#workflows/payment-collection/api.ts";
import { paymentDisputeFlow } from "#workflows/payment-dispute/api.ts";
import { paymentRefundFlow } from "#workflows/payment-refund/api.ts";
import { resultDeliveryFlow } from "#workflows/result-delivery/api.ts";
import { settlementFlow } from "#workflows/settlement/api.ts";
import { suspensionFlow } from "#workflows/suspension/api.ts";
import { tenantOnboardingFlow } from "#workflows/tenant-onboarding/api.ts";
import type { FastifyRequest } from "fastify";
import { actorOf } from "./authenticate.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import { type FieldError, fieldErrors, ProblemError, validationProblem } from "./problems.ts";

/** Every durable flow that clients may know of. */
export const FLOWS: readonly FlowDefinition[] = [
  invoiceMailingFlow,
  invoicingFlow,
  fraudCaseFlow,
  lowBalanceFlow,
  n8nStepFlow,
  paymentCollectionFlow,
  paymentDisputeFlow,
  paymentRefundFlow,
  resultDeliveryFlow,
  settlementFlow,
  suspensionFlow,
  tenantOnboardingFlow,
];

export const FLOW_NAMES = FLOWS.map(({ name }) => name) as [string, ...string[]];

export function flowNamed(name: string): FlowDefinition {
  const flow = FLOWS.find((one) => one.name === name);
  if (flow === undefined)
    throw new ProblemError("not_found", `There is no workflow ${name}: GET /api/v2/workflows lists them.`);
  return flow;
}

/** The run, if the actor may see it: a tenant sees its own alone, and of others what it would see of none. */
export async function visibleRun(
  request: FastifyRequest,
  { flows }: Pick<GatewayDependencies, "flows">,
  workflowId: string,
): Promise<{ readonly run: FlowRun; readonly flow: FlowDefinition }> {
  const actor = actorOf(request);
  const run = await flows.describe(workflowId);
  const flow = FLOWS.find(({ name }) => name === run?.flow);
  const visible = actor.kind === "administrator" || run?.tenantId === actor.tenantId;
  if (run === null || flow === undefined || !visible)
    throw new ProblemError("not_found", `There is no workflow run ${workflowId}.`);
  return { run, flow };
}

/** A signal, update or query that the flow has and the actor may send. */
export function messageOf(
  request: FastifyRequest,
  messages: Readonly<Record<string, FlowMessage>>,
  name: string,
  kind: string,
): FlowMessage {
  const message = Object.hasOwn(messages, name) ? messages[name] : undefined;
  if (message === undefined) {
    const known = Object.keys(messages);
    const remedy = known.length === 0 ? `it has no ${kind}` : `it has ${known.join(", ")}`;
    throw new ProblemError("not_found", `The workflow has no ${kind} ${name}: ${remedy}.`);
  }
  if (!message.parties.includes(partyOf(actorOf(request))))
    throw new ProblemError("forbidden", `This key may not send ${name}.`);
  return message;
}

/** The input as the flow's schema reads it; every problem by its path below `input`. */
export function parsedInput(schema: FlowMessage["input"], given: unknown): unknown {
  if (schema === null) {
    if (given === undefined || given === null) return undefined;
    throw validationProblem([{ path: "input", message: "is not taken: leave it out" } satisfies FieldError]);
  }
  const read = schema.safeParse(given ?? {});
  if (read.success) return read.data;
  throw validationProblem(fieldErrors(read.error.issues, "input"));
}

/** What a run that has ended cannot do any more. */
export function runIsOver(workflowId: string): ProblemError {
  return new ProblemError("conflict", `${workflowId} has ended: it takes nothing any more.`);
}
