import { randomUUID } from "node:crypto";
import { createIssuers } from "#adapters/postgres/issuers.ts";
import { createInvoiceBooks } from "#adapters/postgres/invoices.ts";
import type { Pool } from "#adapters/postgres/pool.ts";
import { createInvoiceCollection } from "#adapters/temporal/invoice-collection.ts";
import { createTemporalClient, type TemporalConfig } from "#adapters/temporal/client.ts";
import {
  bundleFlows,
  connectWorker,
  createFlowsWorker,
  installTemporalRuntime,
} from "#adapters/temporal/worker.ts";
import { createInvoicingActivities } from "#activities/invoicing.ts";
import { systemClock } from "#domain/clock.ts";
import type { InvoiceCollection } from "#domain/invoicing/ports.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import { INVOICING, invoicingWorkflowId } from "#workflows/invoicing/api.ts";

/** Flows that are under way at a time: enough to keep two cores busy. */
const AT_ONCE = 32;
/** A flow that has not ended by then has failed. */
const FLOW_MS_MAX = 120_000;

export interface InvoicingFlows {
  /** Closes the day of each tenant by a flow of its own. */
  invoice(tenantIds: readonly string[], day: string): Promise<InvoicedTenants>;
  close(): Promise<void>;
}

export interface InvoicedTenants {
  readonly perSecond: number;
  /** Milliseconds from the start of a flow to the end of its last step. */
  readonly latencies: readonly number[];
}

/** Tenants without a mail address get no document. */
const noDocument = (): never => {
  throw new Error("a document is set");
};

/**
 * The product's flow, activities and books on a queue of their own; the payments that it begins wait for workers that are not there. As with a
 * schedule, nobody asks Temporal for a flow's result: it has ended when its last step has, the beginning of the payment.
 */
export async function startInvoicingFlows(
  config: TemporalConfig,
  pool: Pool,
  tenants: TenantStore,
): Promise<InvoicingFlows> {
  installTemporalRuntime();
  const { address, namespace, payloadKeys } = config;
  const temporal = createTemporalClient(config);
  const connection = await connectWorker(address);
  const taskQueue = `bench-${randomUUID()}`;
  const waiting = new Map<string, () => void>();
  const collection = createInvoiceCollection(temporal);
  const worker = await createFlowsWorker({
    connection,
    namespace,
    payloadKeys,
    taskQueue,
    workflowBundle: await bundleFlows(),
    activities: activitiesOf(pool, tenants, {
      async begin(invoice) {
        const begun = await collection.begin(invoice);
        waiting.get(invoice.tenantId)?.();
        return begun;
      },
    }),
  });
  const running = worker.run();
  const invoiceOf = async (tenantId: string, day: string): Promise<void> => {
    const ended = Promise.withResolvers<void>();
    const tooLate = setTimeout(
      () => ended.reject(new Error(`no invoice of ${tenantId} within two minutes`)),
      FLOW_MS_MAX,
    );
    waiting.set(tenantId, ended.resolve);
    const input = { tenantId, walletId: null, through: day, actor: "bench" };
    const workflowId = invoicingWorkflowId(input);
    await temporal.client.workflow.start(INVOICING, { workflowId, taskQueue, args: [input] });
    await ended.promise.finally(() => clearTimeout(tooLate));
    waiting.delete(tenantId);
  };
  return {
    async invoice(tenantIds, day) {
      const latencies: number[] = [];
      let next = 0;
      const lane = async (): Promise<void> => {
        for (let tenantId = tenantIds[next++]; tenantId !== undefined; tenantId = tenantIds[next++]) {
          const from = performance.now();
          await invoiceOf(tenantId, day);
          latencies.push(performance.now() - from);
        }
      };
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      return { perSecond: tenantIds.length / ((performance.now() - startedAt) / 1000), latencies };
    },
    async close() {
      await worker.close();
      await running;
      await connection.close();
      await temporal.close();
    },
  };
}

function activitiesOf(pool: Pool, tenants: TenantStore, collection: InvoiceCollection): object {
  return createInvoicingActivities({
    tenants,
    issuers: createIssuers(pool),
    books: createInvoiceBooks(pool),
    documents: { pdf: noDocument, html: noDocument, ubl: noDocument },
    authority: null,
    mailer: { send: () => Promise.reject(new Error("a mail is sent")) },
    collection,
    clock: systemClock,
  });
}
