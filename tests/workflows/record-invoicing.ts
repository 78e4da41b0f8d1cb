import { ApplicationFailure } from "@temporalio/common";
import { randomUUID } from "node:crypto";
import { Unavailable } from "#domain/errors.ts";
import { INVOICE_MAILING } from "#workflows/invoice-mailing/api.ts";
import type { FlowInvoice, InvoicingActivities } from "#workflows/invoicing/api.ts";
import type { FlowsEnvironment } from "./flows-environment.ts";
import { writeHistory } from "./recorded-histories.ts";
import { flowInvoice, invoicingInputOf, scriptedInvoicing, startInvoicing } from "./scripted-invoicing.ts";

const statement = flowInvoice({ kind: "statement", openMinor: "0", number: "STM-2026-000001" });
const refused = { kind: "refused", reason: "the mail server answered 550 to RCPT TO" } as const;

/** The first try fails for now, so that the server keeps the step. */
function onceAway<Result>(step: () => Promise<Result>): () => Promise<Result> {
  let tries = 0;
  return () => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Unavailable("postgres")) : step();
  };
}

const RECORDINGS: readonly (readonly [
  name: string,
  invoices: readonly FlowInvoice[],
  script: Partial<InvoicingActivities>,
])[] = [
  ["invoiced", [flowInvoice()], {}],
  ["statement", [statement], {}],
  ["empty", [], {}],
  ["unaddressed", [], { closePeriod: async () => ({ invoices: [statement], empty: [], unaddressed: true }) }],
  [
    "kept",
    [],
    { closePeriod: onceAway(async () => ({ invoices: [statement], empty: [], unaddressed: true })) },
  ],
  [
    "payment-kept",
    [flowInvoice({ mailed: true })],
    { beginPayment: onceAway(async () => ({ begun: false })) },
  ],
  ["mail-refused", [statement], { mailInvoice: async () => refused }],
  ["registered-fiscally", [flowInvoice({ number: null, kind: "statement" })], {}],
  [
    "rejected-fiscally",
    [flowInvoice({ number: null })],
    {
      registerFiscally: () =>
        Promise.reject(ApplicationFailure.nonRetryable("TAX rejects the invoice", "FiscalRejected")),
    },
  ],
];

/** Every way in which invoicing may end. */
export async function recordInvoicing(flows: FlowsEnvironment): Promise<void> {
  for (const [name, invoices, script] of RECORDINGS) {
    const { activities } = scriptedInvoicing(invoices, script);
    await flows.withWorker(
      activities,
      async (_starter, taskQueue) => {
        const run = await startInvoicing(flows, taskQueue, invoicingInputOf());
        await run.result().catch(() => {});
        await writeHistory(`invoicing.${name}`, await run.fetchHistory());
      },
      "billing-recorded",
    );
  }
  await flows.withWorker(
    scriptedInvoicing().activities,
    async (_starter, taskQueue) => {
      const input = { tenantId: "T-1", invoiceId: randomUUID(), again: null, actor: "test" };
      const run = await flows.temporal.client.workflow.start(INVOICE_MAILING, {
        workflowId: `invoice-mail-${input.invoiceId}`,
        taskQueue,
        args: [input],
      });
      await run.result();
      await writeHistory("invoice-mailing.accepted", await run.fetchHistory());
    },
    "billing-recorded",
  );
}
