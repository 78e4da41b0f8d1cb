import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  PAYMENT_COLLECTION,
  paymentCollectionWorkflowId,
  type PaymentCollectionActivities,
  type PaymentCollectionInput,
} from "#workflows/payment-collection/api.ts";
import type { PaymentBooks } from "../../examples/stripe-simulator/books.ts";
import { testAllVariable } from "../../scripts/test-environment.ts";
import { attachWorld, type World } from "../pipeline/world.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "../workflows/flows-environment.ts";
import { openPaymentActivities } from "./payment-worker.ts";

let world: World;
let flows: FlowsEnvironment;
let own: Awaited<ReturnType<typeof openPaymentActivities>>;
beforeAll(async () => {
  world = await attachWorld();
  flows = await attachFlowsEnvironment();
  own = await openPaymentActivities(world.environment);
}, 120_000);
afterAll(async () => {
  await flows.close();
  await own.close();
});

/** Each takes as long as it takes to notice that a worker is dead: half a minute, and more on a busy machine. */
const steps: readonly (keyof PaymentCollectionActivities)[] =
  process.env[testAllVariable] === "1"
    ? ["openPayment", "amountDue", "collectPayment", "bookPayment", "setPaymentState", "mailPayment"]
    : ["collectPayment"];

test.each(steps)(
  "killed with -9 when %s has taken effect and nobody knows: one charge, one credit",
  async (step) => {
    const tenant = await world.tenant("KILL", { email: "ops@kill.test" });
    await world.admin.patch(`/api/v2/tenants/${tenant.tenantId}`, {
      payment: { provider: "stripe", customer_id: null, payment_method_id: "pm_card_visa" },
    });
    const { wallets } = await world.admin.get<{ wallets: { wallet_id: string }[] }>(
      `/api/v2/tenants/${tenant.tenantId}`,
    );
    const taskQueue = `test-${randomUUID()}`;
    const script = fileURLToPath(new URL("./hanging-payment-worker.ts", import.meta.url));
    const worker = spawn(process.execPath, [script, taskQueue, step], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const input: PaymentCollectionInput = {
      paymentId: randomUUID(),
      tenantId: tenant.tenantId,
      walletId: wallets[0]!.wallet_id,
      purpose: "top_up",
      invoiceId: null,
      invoiceNumber: null,
      amountMinor: "2500",
      currency: "USD",
      actor: "owner",
    };
    const flow = await flows.temporal.client.workflow.start(PAYMENT_COLLECTION, {
      workflowId: paymentCollectionWorkflowId(input.paymentId),
      taskQueue,
      args: [input],
    });
    await once(worker.stdout, "data");
    worker.kill("SIGKILL");
    await once(worker, "exit");
    const output = await flows.withWorker(own.activities, () => flow.result(), taskQueue);
    expect(output).toMatchObject({ result: "paid", receivedMinor: "2500", attempts: 1 });
    const answer = await fetch(`${world.environment.urls.stripeSimulator}/simulator/books`);
    const books = (await answer.json()) as Record<string, PaymentBooks>;
    expect(books[input.paymentId]).toMatchObject({ charges: 1, charged: 2500 });
    const { balance } = await world.admin.get<{ balance: string }>(
      `/api/v2/tenants/${tenant.tenantId}/balance`,
    );
    expect(balance).toBe("35");
  },
  300_000,
);
