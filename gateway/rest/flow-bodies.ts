import { z } from "zod";
import type { FlowDefinition, FlowMessage } from "#domain/flows/definition.ts";
import { type FlowRun, RUN_STATUSES, type RunResult } from "#domain/flows/runs.ts";
import { isoTime, TIME_EXAMPLE, UUID_EXAMPLE } from "./schemas.ts";

export const runParams = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/, "must be a workflow id")
    .describe("The workflow id: the business key"),
});

export const messageParams = runParams.extend({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, "must be a name"),
});

/** Body of whatever hands a flow something. */
export const inputBody = z
  .strictObject({ input: z.unknown().optional().describe("By the JSON Schema in the catalog") })
  .default({})
  .meta({ examples: [{ input: { actor: "support: Kim", reason: "paid by bank transfer" } }] });

export const RUN_EXAMPLE = {
  workflow_id: "suspension-TENANT-001",
  run_id: UUID_EXAMPLE,
  workflow: "suspension",
  tenant_id: "TENANT-001",
  status: "running" as const,
  flow_status: "suspended",
  started_at: TIME_EXAMPLE,
  closed_at: null,
  amount_due: null,
  currency: null,
  invoice_number: null,
  case_severity: null,
  n8n_execution_id: null,
  url: "http://127.0.0.1:8233/namespaces/default/workflows/suspension-TENANT-001",
};

export const runBody = z
  .object({
    workflow_id: z.string(),
    run_id: z.string(),
    workflow: z.string(),
    tenant_id: z.string().nullable(),
    status: z.enum(RUN_STATUSES),
    flow_status: z.string().nullable().describe("How far it is, in its own words"),
    started_at: z.string(),
    closed_at: z.string().nullable(),
    amount_due: z.string().nullable().describe("Minor units of the currency"),
    currency: z.string().nullable(),
    invoice_number: z.string().nullable(),
    case_severity: z.string().nullable(),
    n8n_execution_id: z.string().nullable().describe("Of the n8n execution that started it"),
    url: z.string().describe("In Temporal's Web UI"),
  })
  .meta({ id: "WorkflowRun", examples: [RUN_EXAMPLE] });

export function toRunBody(run: FlowRun): z.infer<typeof runBody> {
  return {
    workflow_id: run.workflowId,
    run_id: run.runId,
    workflow: run.flow,
    tenant_id: run.tenantId,
    status: run.status,
    flow_status: run.flowStatus,
    started_at: isoTime(run.startedAt),
    closed_at: run.closedAt === null ? null : isoTime(run.closedAt),
    amount_due: run.attributes.amountDue === null ? null : String(run.attributes.amountDue),
    currency: run.attributes.currency,
    invoice_number: run.attributes.invoiceNumber,
    case_severity: run.attributes.caseSeverity,
    n8n_execution_id: run.attributes.n8nExecutionId,
    url: run.url,
  };
}

/** How a run has ended, or that it has not. */
export const runResult = z
  .object({
    status: z.enum(["completed", "running", "failed"]),
    output: z.unknown().describe("By the catalog's schema, of a completed run"),
    failure: z.object({ type: z.string(), message: z.string() }).nullable(),
  })
  .meta({
    examples: [
      {
        status: "completed",
        output: { result: "reinstated", by: "support: Kim", reason: "paid" },
        failure: null,
      },
    ],
  });

export function toRunResult(outcome: RunResult): z.infer<typeof runResult> {
  if (outcome.kind === "completed") return { status: outcome.kind, output: outcome.output, failure: null };
  if (outcome.kind === "running") return { status: outcome.kind, output: null, failure: null };
  return {
    status: outcome.kind,
    output: null,
    failure: { type: outcome.type, message: outcome.message },
  };
}

const schema = z.record(z.string(), z.unknown()).nullable().describe("JSON Schema");

const message = z.object({
  name: z.string(),
  description: z.string(),
  input: schema,
  output: schema,
  parties: z.array(z.string()).describe("Keys that may send it"),
});

export const flowBody = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    started_by: z.string(),
    starters: z.array(z.string()).describe("Keys that may start it by POST /api/v2/workflows/:name"),
    input: schema,
    output: schema,
    signals: z.array(message),
    updates: z.array(message),
    queries: z.array(message),
  })
  .meta({ id: "Workflow" });

type Flow = z.infer<typeof flowBody>;

/** With the JSON Schemas of everything that goes in and out. */
export function toFlowBody(flow: FlowDefinition): Flow {
  return {
    name: flow.name,
    title: flow.title,
    description: flow.description,
    started_by: flow.startedBy,
    starters: [...flow.starters],
    input: jsonSchema(flow.input, "input"),
    output: jsonSchema(flow.output, "output"),
    signals: messages(flow.signals),
    updates: messages(flow.updates),
    queries: messages(flow.queries),
  };
}

function messages(all: Readonly<Record<string, FlowMessage>>): Flow["signals"] {
  return Object.entries(all).map(([name, { description, input, output, parties }]) => ({
    name,
    description,
    input: input === null ? null : jsonSchema(input, "input"),
    output: output === null ? null : jsonSchema(output, "output"),
    parties: [...parties],
  }));
}

function jsonSchema(of: z.ZodType, io: "input" | "output"): Record<string, unknown> {
  const {
    $schema: _dialect,
    "~standard": _standard,
    ...rest
  } = z.toJSONSchema(of, { io, unrepresentable: "any" });
  return rest;
}
