import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  isCancellation,
  setHandler,
  workflowInfo,
  type ActivityOptions,
} from "@temporalio/workflow";
import { AMOUNT_DUE, CURRENCY, INVOICE_NUMBER, TENANT_ID } from "#domain/flows/search-attributes.ts";
import { atOnce, MAIL, stepsOf, toldStory, type ToldStory, UNTIL_DONE } from "#workflows/steps.ts";
import { INVOICING_STATE } from "./names.ts";
import type {
  ClosedPeriod,
  FlowInvoice,
  InvoicingActivities,
  GivenInvoicingInput,
  InvoicingOutput,
  InvoicingState,
} from "./api.ts";

type Status = InvoicingState["status"];

/** A million charges are added up in seconds, and a tenant has several wallets; until PostgreSQL has it, it is tried. */
const BOOKS: ActivityOptions = {
  startToCloseTimeout: "10m",
  heartbeatTimeout: "15s",
  // A transaction that is under way may end as it likes; what it came to decides what is left to do.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "1m" },
};

/** Authorities are away for nights. */
const AUTHORITY: ActivityOptions = {
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: "7d",
  retry: { initialInterval: "2s", backoffCoefficient: 2, maximumInterval: "15m" },
};

const activities = stepsOf<InvoicingActivities>();

/** When a schedule meant this run to start; it may be late. */
const SCHEDULED_START = "TemporalScheduledStartTime";

/**
 * Close → fiscal authority, where there is one → number and posting → PDF by mail → payment of what is due. Running it again for a period finds
 * the same invoice and does what is left.
 */
export async function invoicing(input: GivenInvoicingInput): Promise<InvoicingOutput> {
  return new Invoicing(input).run();
}

class Invoicing {
  readonly #input: GivenInvoicingInput;
  readonly #story: ToldStory<Status>;
  readonly #invoices: FlowInvoice[] = [];
  #status: Status = "closing";

  constructor(input: GivenInvoicingInput) {
    this.#input = input;
    const { tenantId, through = null } = input;
    const period = through === null ? "the period that ended last" : `the period to ${through}`;
    this.#story = toldStory<Status>(`${tenantId}: ${period}`, (status) => {
      this.#status = status;
    });
    this.#story.show([{ key: TENANT_ID, value: tenantId }]);
    setHandler(
      defineQuery<InvoicingState>(INVOICING_STATE),
      () => ({ status: this.#status, invoices: this.#invoices }),
      { description: "How far it is" },
    );
  }

  async run(): Promise<InvoicingOutput> {
    this.#story.begin("closing", "period closed from the ledger");
    const closed = await atOnce<InvoicingActivities, ClosedPeriod>(
      (steps) => steps.closePeriod({ ...this.#input, dueAt: dueAt() }),
      BOOKS,
      `close ${this.#input.tenantId}`,
    );
    this.#story.end("done", closedText(closed));
    // From here on there are documents with numbers: what is cancelled now still goes out and is collected.
    await CancellationScope.nonCancellable(async () => {
      for (const invoice of closed.invoices) await this.#finish(invoice, closed);
    });
    this.#story.finish("done", this.#invoices.length === 0 ? "Nothing to invoice." : "Invoiced.");
    return { invoices: this.#invoices, empty: closed.empty };
  }

  async #finish(closed: FlowInvoice, { unaddressed }: ClosedPeriod): Promise<void> {
    const invoice = closed.number === null ? await this.#register(closed) : closed;
    this.#invoices.push(invoice);
    this.#show(invoice);
    if (!invoice.mailed) await this.#mail(invoice, unaddressed);
    if (invoice.kind === "invoice" && invoice.openMinor !== "0") await this.#collect(invoice);
  }

  async #register({ invoiceId }: FlowInvoice): Promise<FlowInvoice> {
    this.#story.begin("registering", "registered with the fiscal authority");
    const fiscal = await activities(AUTHORITY, "ask the fiscal authority").registerFiscally({ invoiceId });
    const issued = await activities(BOOKS, "number and post").issueInvoice({ invoiceId, fiscal });
    this.#story.end(
      "done",
      fiscal === null ? "no fiscal authority" : `${fiscal.authority}: ${fiscal.reference}`,
    );
    return issued;
  }

  #show({ number, currency, openMinor }: FlowInvoice): void {
    this.#story.show([
      { key: INVOICE_NUMBER, value: number ?? "" },
      { key: CURRENCY, value: currency },
      { key: AMOUNT_DUE, value: Number(openMinor) },
    ]);
  }

  /** A mail that cannot be sent keeps nothing else from happening: the invoice stands in the books. */
  async #mail({ invoiceId, number }: FlowInvoice, unaddressed: boolean): Promise<void> {
    this.#story.begin("mailing", `${number} mailed`);
    if (unaddressed) return this.#story.end("failed", noAddress(number));
    try {
      const outcome = await activities(MAIL, `mail ${number}`).mailInvoice({ invoiceId, again: null });
      if (outcome.kind === "accepted") this.#story.end("done");
      else
        this.#story.end(
          "failed",
          outcome.kind === "none" ? noAddress(number) : `${number} refused: ${outcome.reason}`,
        );
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.#story.end("failed", `${number} was not mailed: given up`);
    }
  }

  /** Once per invoice, whoever asks again: a run of its own, which outlives this one. */
  async #collect({ invoiceId, walletId, number, openMinor, currency }: FlowInvoice): Promise<void> {
    const { tenantId, actor } = this.#input;
    this.#story.begin("collecting", `payment of ${number} begun`);
    const { begun } = await atOnce<InvoicingActivities, { begun: boolean }>(
      (steps) =>
        steps.beginPayment({
          tenantId,
          walletId,
          invoiceId,
          number,
          amountMinor: openMinor,
          currency,
          actor,
        }),
      UNTIL_DONE,
      `begin the payment of ${number}`,
    );
    this.#story.end("done", begun ? undefined : `payment of ${number} was begun before`);
  }
}

/** Epoch ms: the period is that of the nominal time, however late the run. */
function dueAt(): number {
  const { searchAttributes, startTime } = workflowInfo();
  const [scheduled] = searchAttributes[SCHEDULED_START] ?? [];
  if (scheduled === undefined) return startTime.getTime();
  const at = scheduled instanceof Date ? scheduled.getTime() : Date.parse(String(scheduled));
  if (Number.isNaN(at)) throw ApplicationFailure.nonRetryable(`${SCHEDULED_START} is no time`, "Validation");
  return at;
}

function noAddress(number: string | null): string {
  return `${number}: the tenant has no address`;
}

function closedText({ invoices, empty }: InvoicingOutput): string {
  const numbers = invoices.map(({ number }) => number ?? "a draft");
  if (numbers.length === 0) return `period closed: nothing happened in ${empty.length} wallet(s)`;
  return `period closed: ${numbers.join(", ")}`;
}
