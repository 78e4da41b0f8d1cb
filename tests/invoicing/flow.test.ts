import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createFlowSchedules } from "#adapters/temporal/flow-schedules.ts";
import { Rejected, Unavailable } from "#domain/errors.ts";
import type { FiscalAuthority } from "#domain/invoicing/ports.ts";
import { invoicingSchedule } from "#domain/invoicing/schedule.ts";
import type { Mail } from "#domain/mail/ports.ts";
import { INVOICING, invoicingOutput } from "#workflows/invoicing/api.ts";
import { startPostgres, type TestPostgres } from "../billing/servers.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "../workflows/flows-environment.ts";
import {
  flowInvoice,
  invoicingInputOf,
  scriptedInvoicing,
  startInvoicing,
} from "../workflows/scripted-invoicing.ts";
import { realActivities } from "./flow-world.ts";
import { append, openWallet, tenantOf, type TestWallet } from "./ledger.ts";

let postgres: TestPostgres;
let flows: FlowsEnvironment;
beforeAll(async () => {
  [postgres, flows] = await Promise.all([startPostgres(), attachFlowsEnvironment()]);
}, 120_000);
afterAll(async () => {
  await flows.close();
  await postgres.stop();
});

async function walletWithDays(): Promise<TestWallet> {
  const wallet = tenantOf();
  await openWallet(postgres.pool, wallet);
  for (const day of ["24", "25", "26"])
    await append(postgres.pool, wallet, [
      { at: `2026-11-${day}T15:00:00Z` },
      { at: `2026-11-${day}T23:00:00Z` },
    ]);
  return wallet;
}

/** Number, period and total of each invoice, in order. */
async function issued({ walletId }: TestWallet): Promise<unknown[]> {
  const { rows } = await postgres.pool.query(
    `SELECT number, period_from::text AS "from", period_to::text AS "to", (net_minor + tax_minor)::text AS total
       FROM invoices WHERE wallet_id = $1 ORDER BY period_to`,
    [walletId],
  );
  return rows;
}

/** Until so many runs of the tenant have ended. */
async function ended({ tenant }: TestWallet, count: number): Promise<void> {
  const query = `TenantId = "${tenant.tenantId}" AND WorkflowType = "${INVOICING}" AND ExecutionStatus = "Completed"`;
  while ((await flows.temporal.client.workflow.count(query)).count < count)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

describe("invoicing on Temporal", () => {
  test("a tenant's schedule closes each of its days once, backfilled twice", async () => {
    const wallet = await walletWithDays();
    const mails: Mail[] = [];
    const taskQueue = `test-${randomUUID()}`;
    const schedules = createFlowSchedules(flows.temporal, { now: () => Date.now() });
    const schedule = { ...invoicingSchedule(wallet.tenant), taskQueue };
    await schedules.put(schedule);
    const activities = realActivities(postgres.pool, wallet.tenant, { mails });
    // Ten past midnight in New York, which is 05:10 in UTC in November.
    const [from, to] = [Date.parse("2026-11-25T05:10:00Z"), Date.parse("2026-11-27T05:10:00Z")];
    await flows.withWorker(
      activities,
      async () => {
        await schedules.backfill(schedule.scheduleId, from, to);
        await ended(wallet, 3);
        const first = await issued(wallet);
        expect(first).toMatchObject([
          { from: "2026-11-24", to: "2026-11-25", total: "3" },
          { from: "2026-11-25", to: "2026-11-26", total: "3" },
          { from: "2026-11-26", to: "2026-11-27", total: "3" },
        ]);
        await schedules.backfill(schedule.scheduleId, from + 1000, to);
        await ended(wallet, 5);
        expect(await issued(wallet)).toEqual(first);
      },
      taskQueue,
    );
    await schedules.delete(schedule.scheduleId);
    expect(mails.map(({ messageId }) => messageId)).toHaveLength(3);
    const [pdf] = mails[0]?.attachments ?? [];
    expect(
      Buffer.from(pdf?.content ?? [])
        .subarray(0, 5)
        .toString(),
    ).toBe("%PDF-");
    expect(pdf?.filename).toMatch(/^INV-2026-\d{6}\.pdf$/);
  }, 120_000);

  test("killed with -9 between the issue and its completion: one invoice, no number lost", async () => {
    const wallet = await walletWithDays();
    const taskQueue = `test-${randomUUID()}`;
    const script = fileURLToPath(new URL("./killed-worker.ts", import.meta.url));
    const worker = spawn(process.execPath, [script, taskQueue, postgres.url, JSON.stringify(wallet.tenant)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const input = invoicingInputOf({ tenantId: wallet.tenant.tenantId, through: "2026-11-24" });
    const run = await startInvoicing(flows, taskQueue, input);
    await once(worker.stdout, "data");
    const before = await issued(wallet);
    worker.kill("SIGKILL");
    await once(worker, "exit");
    const mails: Mail[] = [];
    const output = await flows.withWorker(
      realActivities(postgres.pool, wallet.tenant, { mails }),
      async () => invoicingOutput.parse(await run.result()),
      taskQueue,
    );
    expect(before).toHaveLength(1);
    expect(await issued(wallet)).toEqual(before);
    expect(output.invoices.map(({ number }) => ({ number }))).toEqual([
      { number: (before[0] as { number: string }).number },
    ]);
    expect(mails).toHaveLength(1);
    const { rows } = await postgres.pool.query(
      "SELECT (SELECT last FROM invoice_series WHERE series = 'INV-2026') = count(*) AS gapless FROM invoices WHERE series = 'INV-2026'",
    );
    expect(rows).toEqual([{ gapless: true }]);
  }, 120_000);

  test("an authority is given the UBL before the number, away for a while, asked again with the same invoice", async () => {
    const wallet = await walletWithDays();
    const asked: [string, string][] = [];
    const authority: FiscalAuthority = {
      register: async (invoiceId, ubl) => {
        asked.push([invoiceId, ubl]);
        if (asked.length === 1) throw new Unavailable("TAX");
        return { authority: "TAX", reference: `A-${asked.length}`, qr: "https://tax.test/q" };
      },
    };
    const input = invoicingInputOf({ tenantId: wallet.tenant.tenantId, through: "2026-11-24" });
    await flows.withWorker(
      realActivities(postgres.pool, wallet.tenant, { authority }),
      async (_starter, queue) => {
        const run = await startInvoicing(flows, queue, input);
        const { invoices } = invoicingOutput.parse(await run.result());
        expect(invoices[0]?.number).toMatch(/^INV-2026-/);
      },
    );
    expect(asked).toHaveLength(2);
    expect(asked[0]).toEqual(asked[1]);
    expect(asked[0]?.[1]).toContain("<cbc:ID>" + asked[0]?.[0]);
    const { rows } = await postgres.pool.query("SELECT fiscal FROM invoices WHERE wallet_id = $1", [
      wallet.walletId,
    ]);
    expect(rows).toEqual([{ fiscal: { authority: "TAX", reference: "A-2", qr: "https://tax.test/q" } }]);
  }, 120_000);

  test("what an authority rejects gets no number, and the flow says why", async () => {
    const wallet = await walletWithDays();
    const authority: FiscalAuthority = {
      register: () => Promise.reject(new Rejected("TAX", "E-7", "the customer has no VAT id")),
    };
    const input = invoicingInputOf({ tenantId: wallet.tenant.tenantId, through: "2026-11-24" });
    await flows.withWorker(
      realActivities(postgres.pool, wallet.tenant, { authority }),
      async (_starter, queue) => {
        const run = await startInvoicing(flows, queue, input);
        await expect(run.result()).rejects.toMatchObject({
          cause: {
            cause: {
              type: "FiscalRejected",
              message: "TAX rejects the invoice: the customer has no VAT id",
            },
          },
        });
      },
    );
    expect(await issued(wallet)).toMatchObject([{ number: null }]);
  }, 120_000);

  test("a period that is not over, a wallet and a tenant that are not there are final", async () => {
    const wallet = await walletWithDays();
    const { tenantId } = wallet.tenant;
    await flows.withWorker(realActivities(postgres.pool, wallet.tenant), async (_starter, queue) => {
      for (const [change, type] of [
        [{ tenantId, through: "2999-01-01" }, "NotOver"],
        [{ tenantId, walletId: "none", through: "2026-11-24" }, "UnknownWallet"],
        [{ tenantId: "T-none" }, "UnknownTenant"],
        [{ tenantId, through: "2026-02-30" }, "Validation"],
        [{ tenantId, through: "yesterday" }, "Validation"],
      ] as const) {
        const run = await startInvoicing(flows, queue, invoicingInputOf(change));
        await expect(run.result()).rejects.toMatchObject({ cause: { cause: { type } } });
      }
    });
    expect(await issued(wallet)).toEqual([]);
  }, 120_000);

  test("cancelled while it closes, still mails what was closed", async () => {
    const invoice = flowInvoice({ kind: "statement", openMinor: "0" });
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { activities, calls } = scriptedInvoicing([invoice], {
      closePeriod: async () => {
        reached.resolve();
        await goOn.promise;
        return { invoices: [invoice], empty: [], unaddressed: false };
      },
    });
    await flows.withWorker(activities, async (_starter, queue) => {
      const run = await startInvoicing(flows, queue, invoicingInputOf());
      await reached.promise;
      await run.cancel();
      goOn.resolve();
      expect(invoicingOutput.parse(await run.result()).invoices).toEqual([invoice]);
    });
    expect(calls).toEqual(["closePeriod", "mailInvoice"]);
  }, 120_000);
});
