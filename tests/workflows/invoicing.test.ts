import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { WorkflowFailedError } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import protocol from "@temporalio/proto";
import { createInvoiceCollection } from "#adapters/temporal/invoice-collection.ts";
import { Unavailable } from "#domain/errors.ts";
import { AMOUNT_DUE, CURRENCY, FLOW_STATUS, INVOICE_NUMBER } from "#domain/flows/search-attributes.ts";
import {
  invoicingOutput,
  type ClosedPeriod,
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

const { EventType } = protocol.temporal.api.enums.v1;

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

/** The events of a run by their types, in order. */
async function eventTypes(run: InvoicingRun): Promise<string[]> {
  const { events } = await run.fetchHistory();
  return (events ?? []).map(({ eventType }) => (EventType[eventType ?? 0] ?? "").replace("EVENT_TYPE_", ""));
}

describe("invoicing", () => {
  test("a mail server that is away for a day, or refuses, keeps no payment from beginning", async () => {
    for (const mailInvoice of [
      () => Promise.reject(new Unavailable("smtp")),
      async () => ({ kind: "refused" as const, reason: "the mail server answered 550 to RCPT TO" }),
      async () => ({ kind: "none" as const }),
    ]) {
      const { calls } = await run([flowInvoice()], { mailInvoice });
      expect(calls.at(-1)).toBe("beginPayment");
    }
  });

  test("closes, mails, and begins the payment of what is due", async () => {
    const invoice = flowInvoice();
    const begun: unknown[] = [];
    const input = invoicingInputOf();
    const beginPayment: InvoicingActivities["beginPayment"] = async (due) => {
      begun.push(due);
      return { begun: true };
    };
    const { output, calls, run: flow } = await run([invoice], { beginPayment }, input);
    expect(output).toEqual({ invoices: [invoice], empty: [] });
    expect(calls).toEqual(["closePeriod", "mailInvoice", "beginPayment"]);
    expect(begun).toEqual([
      {
        tenantId: input.tenantId,
        walletId: "w-1",
        invoiceId: invoice.invoiceId,
        number: "INV-2026-000001",
        amountMinor: "10",
        currency: "USD",
        actor: "test",
      },
    ]);
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
  });

  test("of a tenant without an address, is one task, and begins the payment", async () => {
    const invoice = flowInvoice();
    const { calls, run: flow } = await run([invoice], {
      closePeriod: async () => ({ invoices: [invoice], empty: [], unaddressed: true }),
    });
    expect(calls).toEqual(["closePeriod", "beginPayment"]);
    expect(await eventTypes(flow)).toEqual([
      "WORKFLOW_EXECUTION_STARTED",
      "WORKFLOW_TASK_SCHEDULED",
      "WORKFLOW_TASK_STARTED",
      "WORKFLOW_TASK_COMPLETED",
      "MARKER_RECORDED",
      "MARKER_RECORDED",
      "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
      "WORKFLOW_EXECUTION_COMPLETED",
    ]);
    expect((await flow.describe()).searchAttributes).toMatchObject({
      [FLOW_STATUS.name]: ["done"],
      [INVOICE_NUMBER.name]: ["INV-2026-000001"],
    });
  });

  test("what a step within the run's own task answered is encrypted", async () => {
    const { run: flow } = await run([], {
      closePeriod: async () => ({ invoices: [], empty: ["w-1"], unaddressed: false }),
    });
    const { events } = await flow.fetchHistory();
    const markers = (events ?? []).flatMap((event) => event.markerRecordedEventAttributes ?? []);
    const results = markers.flatMap(({ details }) => details?.["result"]?.payloads ?? []);
    expect(results.map(({ metadata }) => Buffer.from(metadata?.["encoding"] ?? []).toString())).toEqual([
      "binary/encrypted",
    ]);
  });

  test("what does not close at once becomes a step that the server keeps", async () => {
    const statement = flowInvoice({ kind: "statement", openMinor: "0", mailed: true });
    const late = Promise.withResolvers<ClosedPeriod>();
    let closes = 0;
    const { output, run: flow } = await run([], {
      closePeriod: () => {
        closes += 1;
        if (closes === 1) return late.promise;
        late.resolve({ invoices: [], empty: ["too late"], unaddressed: false });
        return Promise.resolve({ invoices: [statement], empty: [], unaddressed: false });
      },
    });
    expect(output).toEqual({ invoices: [statement], empty: [] });
    expect(await eventTypes(flow)).toContain("ACTIVITY_TASK_COMPLETED");
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
    expect(calls).toEqual(["closePeriod", "registerFiscally", "issueInvoice", "mailInvoice", "beginPayment"]);
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
    const failures = {
      closePeriod: 3,
      registerFiscally: 3,
      issueInvoice: 3,
      mailInvoice: 3,
      beginPayment: 3,
    };
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
      beginPayment: away("beginPayment", { begun: true }),
    });
    expect(output.invoices[0]?.number).toBe("INV-1");
    expect(Object.values(failures)).toEqual([-1, -1, -1, -1, -1]);
  });

  test("run again, mails nothing twice and leaves the payment that was begun alone", async () => {
    const { calls, run: flow } = await run([flowInvoice({ mailed: true })], {
      beginPayment: async () => ({ begun: false }),
    });
    expect(calls).toEqual(["closePeriod", "beginPayment"]);
    expect((await flow.describe()).status.name).toBe("COMPLETED");
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

  test.each(["registerFiscally", "issueInvoice", "mailInvoice", "beginPayment"] as const)(
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
        ...(step === "beginPayment" ? { beginPayment: held({ begun: true }) } : {}),
      };
      const { output, calls } = await run([draft], script, invoicingInputOf(), async (flow) => {
        await reached.promise;
        await flow.cancel();
        goOn.resolve();
      });
      expect(output.invoices[0]?.number).toBe("INV-2026-000003");
      expect(calls).toContain("beginPayment");
      expect(calls).toContain("mailInvoice");
    },
  );

  test("several wallets are invoiced one after another, each with its own payment", async () => {
    const begun: string[] = [];
    await run([flowInvoice({ walletId: "w-1" }), flowInvoice({ walletId: "w-2" })], {
      beginPayment: async ({ walletId }) => {
        begun.push(walletId);
        return { begun: true };
      },
    });
    expect(begun).toEqual(["w-1", "w-2"]);
  });
});

describe("the payment of an invoice", () => {
  test("begins once, as a run of its own on the payments' queue", async () => {
    const collection = createInvoiceCollection(flows.temporal);
    const { invoiceId } = flowInvoice();
    const due = { tenantId: "T-1", walletId: "w-1", invoiceId, number: "INV-1", amountMinor: "10" };
    const begin = () => collection.begin({ ...due, currency: "USD", actor: "test" });
    expect([await begin(), await begin()]).toEqual([{ begun: true }, { begun: false }]);
    expect(await begunPayment(invoiceId)).toEqual({
      taskQueue: "payments",
      input: {
        paymentId: `inv-${invoiceId}`,
        tenantId: "T-1",
        walletId: "w-1",
        purpose: "invoice",
        invoiceId,
        invoiceNumber: "INV-1",
        amountMinor: "10",
        currency: "USD",
        actor: "test",
      },
    });
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
