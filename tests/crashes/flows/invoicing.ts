import { INVOICING, invoicingWorkflowId } from "#workflows/invoicing/api.ts";
import { invoicePaymentId, paymentCollectionWorkflowId } from "#workflows/payment-collection/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { append, invoicingOf } from "../../invoicing/ledger.ts";
import { areNumbersGapless } from "../flow-books.ts";
import type { CrashedFlow, CrashWorld } from "../crash-world.ts";

const DAY_MS = 86_400_000;

interface InvoiceRow {
  readonly invoice_id: string;
  readonly paid: string;
  readonly payments: string;
}

/** 32.40 for three charges, paid by card: the payment is a flow of the environment's own workers. */
export const invoicingCrashes: CrashedFlow = {
  flow: INVOICING,
  queue: TASK_QUEUES.billing,
  expected: {
    closes: 1,
    invoices: 1,
    gapless: true,
    paid: "3240 in 1",
    charges: 1,
    charged: 3240,
    ledger: { charge: "3 × -32.4", top_up: "1 × 32.4" },
    mails: 2,
  },
  sample: [
    { activity: "closePeriod", nth: 1, moment: "after" },
    { activity: "mailInvoice", nth: 1, moment: "after" },
    { activity: "beginPayment", nth: 1, moment: "after" },
  ],
  async prepare(world) {
    const wallet = await world.tenant(invoicingOf({ paymentTermDays: 0 }), "postpaid");
    const day = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 10);
    const charge = { at: `${day}T16:00:00Z`, revenue: "10", tax: "0.8" };
    await append(world.pool, wallet, [charge, charge, charge]);
    const { tenantId } = wallet.tenant;
    const input = { tenantId, walletId: null, through: day, actor: "test" };
    return {
      workflowType: INVOICING,
      workflowId: invoicingWorkflowId(input),
      args: [input],
      async effects() {
        const { closes, rows } = await invoicesOf(world, tenantId);
        const paymentId = invoicePaymentId(rows[0]?.invoice_id ?? "none");
        await world.temporal.client.workflow.getHandle(paymentCollectionWorkflowId(paymentId)).result();
        const { charges = 0, charged = 0 } = (await world.stripe())[paymentId] ?? {};
        return {
          closes,
          invoices: rows.length,
          gapless: await areNumbersGapless(world.pool),
          paid: rows.map(({ paid, payments }) => `${paid} in ${payments}`).join(),
          charges,
          charged,
          ledger: await world.ledger(wallet),
          mails: await world.mails(wallet),
        };
      },
    };
  },
};

async function invoicesOf({ pool }: CrashWorld, tenantId: string) {
  const closes = await pool.query("SELECT FROM invoice_closes WHERE tenant_id = $1", [tenantId]);
  const { rows } = await pool.query<InvoiceRow>(
    `SELECT invoice_id, paid_minor::text AS paid,
            (SELECT count(*) FROM invoice_payments p WHERE p.invoice_id = i.invoice_id)::text AS payments
       FROM invoices i WHERE tenant_id = $1 AND number IS NOT NULL`,
    [tenantId],
  );
  return { closes: closes.rowCount, rows };
}
