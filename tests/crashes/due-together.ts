import { INVOICING, invoicingWorkflowId } from "#workflows/invoicing/api.ts";
import { invoicePaymentId, paymentCollectionWorkflowId } from "#workflows/payment-collection/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { append, invoicingOf, type TestWallet } from "../invoicing/ledger.ts";
import { eventually } from "../pipeline/world.ts";
import { areNumbersGapless, type FlowBooks } from "./flow-books.ts";

const DAY_MS = 86_400_000;
/** Statements and calls at a time: the pool has eight connections. */
const AT_ONCE = 8;
const PAID_MS_MAX = 900_000;

/** Postpaid tenants that owe 21.60 for a day that is over. */
export interface DueTenants {
  readonly wallets: readonly TestWallet[];
  readonly day: string;
}

/** What became of them; nothing of it may be missing or there twice. */
export interface Collected {
  readonly invoices: number;
  readonly numbers: number;
  readonly gapless: boolean;
  /** Invoices of which exactly what is due was paid, at once. */
  readonly paid: number;
  /** Invoices that the provider charged exactly once, with what is due. */
  readonly chargedOnce: number;
  /** Wallets with exactly one credit. */
  readonly creditedOnce: number;
}

const DUE_MINOR = 2160;

export function tenantIdsOf({ wallets }: DueTenants): readonly string[] {
  return wallets.map(({ tenant }) => tenant.tenantId);
}

export async function openDueTenants(books: FlowBooks, count: number): Promise<DueTenants> {
  const day = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 10);
  const charge = { at: `${day}T16:00:00Z`, revenue: "10", tax: "0.8" };
  const wallets: TestWallet[] = [];
  await inLanes(
    Array.from({ length: count }, (_, index) => index),
    async () => {
      const wallet = await books.tenant(invoicingOf({ paymentTermDays: 0 }), "postpaid");
      await append(books.pool, wallet, [charge, charge]);
      wallets.push(wallet);
    },
  );
  return { wallets, day };
}

/** Their schedules fire at once. A second start of the same period finds the first. */
export async function startInvoicing({ temporal }: FlowBooks, { wallets, day }: DueTenants): Promise<void> {
  await inLanes(wallets, async ({ tenant }) => {
    const input = { tenantId: tenant.tenantId, walletId: null, through: day, actor: "test" };
    await temporal.client.workflow.start(INVOICING, {
      workflowId: invoicingWorkflowId(input),
      taskQueue: TASK_QUEUES.billing,
      workflowIdConflictPolicy: "USE_EXISTING",
      args: [input],
    });
  });
}

/** Waits until all of them have paid, then counts. */
export async function collected(books: FlowBooks, due: DueTenants): Promise<Collected> {
  const tenantIds = tenantIdsOf(due);
  const count = async (text: string): Promise<number> =>
    Number((await books.pool.query<{ n: string }>(text, [tenantIds])).rows[0]?.n);
  await eventually(
    () => count("SELECT count(*) AS n FROM payments WHERE tenant_id = ANY($1) AND state = 'paid'"),
    (paid) => paid >= due.wallets.length,
    PAID_MS_MAX,
  );
  const { rows } = await books.pool.query<{ invoice_id: string; number: string; paid: string }>(
    `SELECT invoice_id, number, paid_minor::text AS paid FROM invoices WHERE tenant_id = ANY($1)`,
    [tenantIds],
  );
  const stripe = await books.stripe();
  return {
    invoices: rows.length,
    numbers: new Set(rows.map(({ number }) => number)).size,
    gapless: await areNumbersGapless(books.pool),
    paid: rows.filter(({ paid }) => paid === String(DUE_MINOR)).length,
    chargedOnce: rows.filter(({ invoice_id: id }) => {
      const { charges, charged } = stripe[invoicePaymentId(id)] ?? { charges: 0, charged: 0 };
      return charges === 1 && charged === DUE_MINOR;
    }).length,
    creditedOnce: await count(
      `SELECT count(*) AS n FROM (SELECT wallet_id FROM ledger_entries WHERE tenant_id = ANY($1) AND entry_type = 'top_up'
         GROUP BY wallet_id HAVING count(*) = 1 AND sum(amount) = 21.60) w`,
    ),
  };
}

/** Every flow has ended: nothing of it goes on behind what was counted. */
export async function untilEnded({ temporal, pool }: FlowBooks, due: DueTenants): Promise<void> {
  const { rows } = await pool.query<{ invoice_id: string }>(
    "SELECT invoice_id FROM invoices WHERE tenant_id = ANY($1)",
    [tenantIdsOf(due)],
  );
  await inLanes(rows, async ({ invoice_id: id }) => {
    await temporal.client.workflow.getHandle(paymentCollectionWorkflowId(invoicePaymentId(id))).result();
  });
}

export function allOnce(count: number): Collected {
  return {
    invoices: count,
    numbers: count,
    gapless: true,
    paid: count,
    chargedOnce: count,
    creditedOnce: count,
  };
}

async function inLanes<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
