import { PAYMENT_1, PAYMENT_2 } from "./fake-payments.ts";
import type { z } from "zod";
import { DECIDE, decideInput, type FraudCaseState } from "#workflows/fraud-case/api.ts";
import type { FlowRun, FlowRuns } from "#domain/flows/runs.ts";

const runOf = (tenantId: string): FlowRun => ({
  workflowId: `suspension-${tenantId}`,
  runId: "run-1",
  flow: "suspension",
  tenantId,
  status: "running",
  flowStatus: "suspended",
  startedAt: 1_795_000_000_000,
  closedAt: null,
  attributes: {
    amountDue: 1999n,
    currency: "USD",
    invoiceNumber: null,
    caseSeverity: null,
    n8nExecutionId: null,
  },
  url: `http://temporal.test/namespaces/default/workflows/suspension-${tenantId}`,
});

const paymentRunOf = (tenantId: string, paymentId: string): FlowRun => ({
  ...runOf(tenantId),
  workflowId: `payment-${paymentId}`,
  flow: "paymentCollection",
  flowStatus: "requires_action",
});

const RUNS = new Map(
  [
    ...["TENANT-001", "TENANT-002"].map(runOf),
    paymentRunOf("TENANT-001", PAYMENT_1),
    paymentRunOf("TENANT-002", PAYMENT_2),
  ].map((run) => [run.workflowId, run]),
);

/** Both tenants are suspended, and stay so; what is sent is written down. */
export function fakeFlows(sent: unknown[], up: () => Promise<void>): FlowRuns {
  let decision: FraudCaseState["decision"] = null;
  const decided = ({ caseId, ...given }: z.output<typeof decideInput>): FraudCaseState => {
    decision ??= { ...given, at: 1_795_000_000_000 };
    return { status: "applying", caseId, severity: "high", level: "support", dueAt: null, decision };
  };
  return {
    async start(flow, input, actor, request) {
      await up();
      sent.push({ start: flow.name, input, actor, ...request });
      const { workflowId, tenantId } = flow.identify(input as never);
      return {
        kind: RUNS.has(workflowId) ? "running" : "started",
        run: { ...runOf(tenantId ?? "nobody"), workflowId },
      };
    },
    async describe(workflowId) {
      await up();
      if (workflowId.startsWith("fraud-")) return { ...runOf("TENANT-001"), workflowId, flow: "fraudCase" };
      return RUNS.get(workflowId) ?? null;
    },
    async list({ tenantId }) {
      const runs = [...RUNS.values()].filter((run) => tenantId === null || run.tenantId === tenantId);
      return { runs, cursor: null };
    },
    result: async () => ({ kind: "running" }),
    end: async () => null,
    async signal(run, name, input) {
      sent.push({ signal: name, input, to: run.workflowId });
      return { kind: "done", output: null };
    },
    async update(run, name, input, updateId) {
      sent.push({ update: name, input, to: run.workflowId, updateId });
      if (name === DECIDE) return { kind: "done", output: decided(decideInput.parse(input)) };
      return { kind: "done", output: { status: "reinstated", dueAt: null, suspendedAt: null } };
    },
    query: async () => ({ kind: "done", output: { status: "suspended", dueAt: null, suspendedAt: 1 } }),
    cancel: async () => ({ kind: "done", output: null }),
    async terminate(run, reason) {
      sent.push({ terminate: run.workflowId, reason });
      return { kind: "done", output: null };
    },
    async reset(run, to, reason) {
      sent.push({ reset: run.workflowId, to, reason });
      return to === 2
        ? { kind: "refused", message: "event 2 is no end of a decision" }
        : { kind: "done", output: null };
    },
    history: async () =>
      [1, 5, 6].map((eventId) => ({
        eventId,
        at: 1_795_000_000_000 + eventId,
        type: "activity_task_started",
        name: "setService",
        summary: null,
        attempt: 2,
        failure: { type: "Unavailable", message: "postgres" },
      })),
  };
}
