import { randomUUID } from "node:crypto";
import {
  INVOICING,
  invoicingWorkflowId,
  type FlowInvoice,
  type InvoicingActivities,
  type InvoicingInput,
} from "#workflows/invoicing/api.ts";
import type { FlowsEnvironment } from "./flows-environment.ts";

export interface ScriptedInvoicing {
  readonly activities: InvoicingActivities;
  /** What was asked, in order. */
  readonly calls: string[];
}

export function flowInvoice(change: Partial<FlowInvoice> = {}): FlowInvoice {
  return {
    invoiceId: randomUUID(),
    walletId: "w-1",
    kind: "invoice",
    number: "INV-2026-000001",
    currency: "USD",
    openMinor: "10",
    mailed: false,
    ...change,
  };
}

/** One postpaid wallet with an invoice of ten cents, unless the script says otherwise. */
export function scriptedInvoicing(
  invoices: readonly FlowInvoice[] = [flowInvoice()],
  script: Partial<InvoicingActivities> = {},
): ScriptedInvoicing {
  const calls: string[] = [];
  const happy: InvoicingActivities = {
    closePeriod: async () => ({ invoices: [...invoices], empty: [], unaddressed: false }),
    registerFiscally: async () => ({ authority: "TAX", reference: "A-1", qr: null }),
    issueInvoice: async ({ invoiceId }) => flowInvoice({ invoiceId, number: "INV-2026-000002" }),
    beginPayment: async () => ({ begun: true }),
    mailInvoice: async () => ({ kind: "accepted" }),
  };
  const steps = Object.entries({ ...happy, ...script }).map(([name, run]) => {
    const recorded = (step: never): Promise<unknown> => {
      calls.push(name);
      return (run as (step: never) => Promise<unknown>)(step);
    };
    return [name, recorded] as const;
  });
  return { activities: Object.fromEntries(steps) as unknown as InvoicingActivities, calls };
}

export function invoicingInputOf(change: Partial<InvoicingInput> = {}): InvoicingInput {
  return { tenantId: `T-${randomUUID()}`, walletId: null, through: "2026-11-27", actor: "test", ...change };
}

export type InvoicingRun = Awaited<ReturnType<FlowsEnvironment["temporal"]["client"]["workflow"]["start"]>>;

export function startInvoicing(
  { temporal }: Pick<FlowsEnvironment, "temporal">,
  taskQueue: string,
  input: InvoicingInput,
): Promise<InvoicingRun> {
  return temporal.client.workflow.start(INVOICING, {
    workflowId: invoicingWorkflowId(input),
    taskQueue,
    args: [input],
  });
}
