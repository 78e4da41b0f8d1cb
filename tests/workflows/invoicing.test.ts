import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { WorkflowFailedError } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import { Unavailable } from "#domain/errors.ts";
import { AMOUNT_DUE, CURRENCY, FLOW_STATUS, INVOICE_NUMBER } from "#domain/flows/search-attributes.ts";
import {
  invoicingOutput,
  type FlowInvoice,
  type InvoicingActivities,
  type InvoicingInput,
  type InvoicingOutput,
} from "#workflows/invoicing/api.ts";
import { INVOICE_MAILING, invoiceMailingOutput } from "#workflows/invoice-mailing/api.ts";
import { paymentCollectionInput, paymentCollectionWorkflowId } from "#workflows/payment-collection/api.ts";
import {
  flowInvoice,
  invoicingInputOf,
  type InvoicingRun,
  scriptedInvoicing,
  startInvoicing,
} from "./scripted-invoicing.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

jest.setTimeout(120_000);

let flows: TimeSkipping;
beforeAll(async () => {
  flows = await startTimeSkipping();
}, 120_000);
afterAll(() => flows.close());

interface Ran {
  readonly output: InvoicingOutput;
  readonly calls: readonly string[];
  readonly run: InvoicingRun;
}

/** Runs one invoicing to its end, whatever waits and retries are in it. */
async function run(
  invoices: readonly FlowInvoice[] | undefined,
  script: Partial<InvoicingActivities> = {},
  input: InvoicingInput = invoicingInputOf(),
  act: (flow: InvoicingRun) => Promise<unknown> = async () => {},
): Promise<Ran> {
  const { activities, calls } = scriptedInvoicing(invoices, script);
  return flows.withWorker(activities, async (taskQueue) => {
    const flow = await startInvoicing(flows, taskQueue, input);
    await act(flow);
    const output = invoicingOutput.parse(await flows.skipping(() => flow.result()));
    return { output, calls, run: flow };
  });
}

/** What the payment of an invoice was begun with, null where it was not. */
async function begunPayment(invoiceId: string) {
  const handle = flows.temporal.client.workflow.getHandle(paymentCollectionWorkflowId(`inv-${invoiceId}`));
  const history = await handle.fetchHistory().catch(() => null);
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (!started) return null;
  const { payloadConverter, payloadCodecs } = flows.temporal.client.options.loadedDataConverter;
  let payloads = started.input?.payloads ?? [];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const [payload] = payloads.map((one) => payloadConverter.fromPayload(one));
  return { input: paymentCollectionInput.parse(payload), taskQueue: started.taskQueue?.name };
}

describe("invoicing", () => {
  // First of all: the clock does not skip any more once a payment waits for its worker.
  test("a mail server that is away for a day, or refuses, keeps no payment from beginning", async () => {
    for (const mailInvoice of [
      () => Promise.reject(new Unavailable("smtp")),
      async () => ({ kind: "refused" as const, reason: "the mail server answered 550 to RCPT TO" }),
      async () => ({ kind: "none" as const }),
    ]) {
      const invoice = flowInvoice();
      await run([invoice], { mailInvoice });
      expect(await begunPayment(invoice.invoiceId)).not.toBeNull();
    }
  });

  test("closes, mails, and begins the payment of what is due", async () => {
    const invoice = flowInvoice();
    const input = invoicingInputOf();
    const { output, calls, run: flow } = await run([invoice], {}, input);
    expect(output).toEqual({ invoices: [invoice], empty: [] });
    expect(calls).toEqual(["closePeriod", "mailInvoice"]);
    expect(await begunPayment(invoice.invoiceId)).toEqual({
      taskQueue: "payments",
      input: {
        paymentId: `inv-${invoice.invoiceId}`,
        tenantId: input.tenantId,
        walletId: "w-1",
        purpose: "invoice",
        invoiceId: invoice.invoiceId,
        invoiceNumber: "INV-2026-000001",
        amountMinor: "10",
        currency: "USD",
        actor: "test",
      },
    });
    const { searchAttributes } = await flow.describe();
    expect(searchAttributes).toMatchObject({
      [FLOW_STATUS.name]: ["done"],
      [INVOICE_NUMBER.name]: ["INV-2026-000001"],
      [CURRENCY.name]: ["USD"],
      [AMOUNT_DUE.name]: [10],
    });
  });

  test("of a statement, mails and collects nothing", async () => {
    const statement = flowInvoice({ kind: "statement", openMinor: "0", number: "STM-2026-000001" });
    const { calls } = await run([statement]);
    expect(calls).toEqual(["closePeriod", "mailInvoice"]);
    expect(await begunPayment(statement.invoiceId)).toBeNull();
  });

  test("of a tenant without an address, tries no mail and begins the payment", async () => {
    const invoice = flowInvoice();
    const { calls } = await run([invoice], {
      closePeriod: async () => ({ invoices: [invoice], empty: [], unaddressed: true }),
    });
    expect(calls).toEqual(["closePeriod"]);
    expect(await begunPayment(invoice.invoiceId)).not.toBeNull();
  });

  test("of a period in which nothing happened, does nothing", async () => {
    const { output, calls } = await run([], {
      closePeriod: async () => ({ invoices: [], empty: ["w-1"], unaddressed: false }),
    });
    expect(output).toEqual({ invoices: [], empty: ["w-1"] });
    expect(calls).toEqual(["closePeriod"]);
  });

  test("registers drafts with the fiscal authority before they get their numbers", async () => {
    const issued: unknown[] = [];
    const draft = flowInvoice({ number: null });
    const { output, calls } = await run([draft], {
      issueInvoice: async (step) => {
        issued.push(step.fiscal);
        return { ...draft, number: "INV-2026-000009" };
      },
    });
    expect(calls).toEqual(["closePeriod", "registerFiscally", "issueInvoice", "mailInvoice"]);
    expect(issued).toEqual([{ authority: "TAX", reference: "A-1", qr: null }]);
    expect(output.invoices[0]?.number).toBe("INV-2026-000009");
  });

  test("fails at once and says why where the authority rejects, and nothing is numbered", async () => {
    const rejected = run([flowInvoice({ number: null })], {
      registerFiscally: () =>
        Promise.reject(
          ApplicationFailure.nonRetryable("TAX rejects the invoice: no VAT id", "FiscalRejected"),
        ),
      issueInvoice: () => Promise.reject(new Error("was numbered")),
    });
    await expect(rejected).rejects.toBeInstanceOf(WorkflowFailedError);
    await expect(rejected).rejects.toMatchObject({
      cause: { cause: { type: "FiscalRejected", message: "TAX rejects the invoice: no VAT id" } },
    });
  });

  test.each<[string, string]>([
    ["UnknownTenant", "there is no tenant"],
    ["NotOver", "the period is not over"],
  ])("%s is final", async (type, message) => {
    const failed = run([], {
      closePeriod: () => Promise.reject(ApplicationFailure.nonRetryable(message, type)),
    });
    await expect(failed).rejects.toMatchObject({ cause: { cause: { type, message } } });
  });

  test("goes on while PostgreSQL, the authority and the mail server are away", async () => {
    const failures = { closePeriod: 3, registerFiscally: 3, issueInvoice: 3, mailInvoice: 3 };
    const away =
      <Result>(step: keyof typeof failures, result: Result) =>
      async (): Promise<Result> => {
        failures[step] -= 1;
        if (failures[step] >= 0) throw new Unavailable("postgres");
        return result;
      };
    const draft = flowInvoice({ number: null });
    const { output } = await run([draft], {
      closePeriod: away("closePeriod", { invoices: [draft], empty: [], unaddressed: false }),
      registerFiscally: away("registerFiscally", null),
      issueInvoice: away("issueInvoice", { ...draft, number: "INV-1" }),
      mailInvoice: away("mailInvoice", { kind: "accepted" as const }),
    });
    expect(output.invoices[0]?.number).toBe("INV-1");
    expect(Object.values(failures)).toEqual([-1, -1, -1, -1]);
  });

  test("run again, mails nothing twice and leaves the payment that was begun alone", async () => {
    const invoice = flowInvoice();
    const input = invoicingInputOf();
    await run([invoice], {}, input);
    const again = await run([{ ...invoice, mailed: true }], {}, input);
    expect(again.calls).toEqual(["closePeriod"]);
    expect(again.output.invoices).toHaveLength(1);
  });

  test("cancelled while the books are away, ends without an invoice", async () => {
    const reached = Promise.withResolvers<void>();
    const cancelled = run(
      [],
      {
        closePeriod: () => {
          reached.resolve();
          return Promise.reject(new Unavailable("postgres"));
        },
      },
      invoicingInputOf(),
      async (flow) => {
        await reached.promise;
        await flow.cancel();
      },
    );
    await expect(cancelled).rejects.toMatchObject({ cause: { name: "CancelledFailure" } });
  });

  test.each(["registerFiscally", "issueInvoice", "mailInvoice"] as const)(
    "cancelled in %s, still mails and collects what has been closed",
    async (step) => {
      const draft = flowInvoice({ number: null });
      const issued = { ...draft, number: "INV-2026-000003" };
      const reached = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const held =
        <Result>(result: Result) =>
        async (): Promise<Result> => {
          reached.resolve();
          await goOn.promise;
          return result;
        };
      const script: Partial<InvoicingActivities> = {
        issueInvoice: async () => issued,
        ...(step === "registerFiscally" ? { registerFiscally: held(null) } : {}),
        ...(step === "issueInvoice" ? { issueInvoice: held(issued) } : {}),
        ...(step === "mailInvoice" ? { mailInvoice: held({ kind: "accepted" as const }) } : {}),
      };
      const { output } = await run([draft], script, invoicingInputOf(), async (flow) => {
        await reached.promise;
        await flow.cancel();
        goOn.resolve();
      });
      expect(output.invoices[0]?.number).toBe("INV-2026-000003");
      expect(await begunPayment(draft.invoiceId)).not.toBeNull();
    },
  );

  test("several wallets are invoiced one after another, each with its own payment", async () => {
    const invoices = [flowInvoice({ walletId: "w-1" }), flowInvoice({ walletId: "w-2" })];
    await run(invoices);
    for (const { invoiceId, walletId } of invoices)
      expect((await begunPayment(invoiceId))?.input.walletId).toBe(walletId);
  });
});

describe("mailing an invoice", () => {
  test.each([
    [{ kind: "accepted" }, "accepted"],
    [{ kind: "none" }, "none"],
    [{ kind: "refused", reason: "550" }, "refused"],
  ] as const)("%j ends with %s", async (outcome, result) => {
    const { activities } = scriptedInvoicing([], { mailInvoice: async () => outcome });
    const output = await flows.withWorker(activities, (taskQueue) =>
      flows.skipping(() =>
        flows.temporal.client.workflow.execute(INVOICE_MAILING, {
          workflowId: `invoice-mail-${crypto.randomUUID()}`,
          taskQueue,
          args: [{ tenantId: "T", invoiceId: crypto.randomUUID(), again: null, actor: "test" }],
        }),
      ),
    );
    expect(invoiceMailingOutput.parse(output)).toEqual({ result });
  });
});
