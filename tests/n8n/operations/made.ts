import { createRest, type Rest } from "../../../scripts/demo/rest.ts";
import { eventually, finalMessage } from "../../pipeline/world.ts";
import { useYesterday, type N8nWorld } from "../world.ts";

/** What stands before the operations run: tenants by what is done to them, and what they have. */
export interface Made {
  /** Has money, payments, prices, a schedule and a fraud case. */
  readonly main: string;
  /** Sends messages, by the credential of this name. */
  readonly sender: string;
  readonly senderCredential: string;
  /** Has an invoice. */
  readonly billed: string;
  /** Suspended, and asked. */
  readonly asked: string;
  /** Suspended, to be terminated and reset. */
  readonly ended: string;
  /** Suspended, to be cancelled. */
  readonly cancelled: string;
  /** To be suspended by the flow's name. */
  readonly started: string;
  /** To be suspended and reinstated by the tenant's operations. */
  readonly off: string;
  readonly messageId: string;
  readonly paymentId: string;
  readonly invoice: { readonly invoice_id: string; readonly number: string };
  readonly caseId: string;
  /** Ids that nothing has yet. */
  readonly newTenant: string;
  readonly newCard: string;
  /** Of a run in Temporal's Web UI. */
  link(workflowId: string): string;
  /** Of a schedule there. */
  scheduleLink(scheduleId: string): string;
}

export async function make(world: N8nWorld): Promise<Made> {
  const { admin, environment, unique } = world;
  const named = async (name: string, changes: object = {}): Promise<string> =>
    (await world.tenant(name, { ...changes })).tenantId;
  const [main, sender, billed, asked, ended, cancelled, started, off] = await Promise.all([
    named("MAIN", { payment_provider: "stripe" }),
    named("SENDER"),
    named("BILLED", { kind: "postpaid", credit_limit: "1000" }),
    named("ASKED"),
    named("ENDED"),
    named("CANCELLED"),
    named("STARTED"),
    named("OFF"),
  ]);
  const payments = `/api/v2/tenants/${main}/payments`;
  const [sent, invoice, caseId, payment] = await Promise.all([
    sendOne(world, sender),
    invoiceOne(admin, billed),
    openCase(admin, main),
    admin.post<{ payment_id: string }>(payments, { amount: "30.00" }),
    topUp(admin, main),
    suspendWithRun(admin, asked),
    suspendWithRun(admin, ended),
    suspendWithRun(admin, cancelled),
  ]);
  const namespace = `${environment.urls.temporalUi}/namespaces/default`;
  return {
    main,
    sender,
    billed,
    asked,
    ended,
    cancelled,
    started,
    off,
    ...sent,
    invoice,
    caseId,
    paymentId: payment.payment_id,
    newTenant: unique("NEW"),
    newCard: unique("RC"),
    link: (workflowId) => `${namespace}/workflows/${workflowId}`,
    scheduleLink: (scheduleId) => `${namespace}/schedules/${scheduleId}`,
  };
}

/** The first row of a list, once there is one. */
async function firstOf<Row>(rest: Rest, path: string): Promise<Row> {
  const rows = await eventually(
    async () => (await rest.get<{ data: readonly Row[] }>(path)).data,
    (found) => found.length > 0,
  );
  return rows[0] as Row;
}

const topUp = (admin: Rest, tenantId: string): Promise<unknown> =>
  admin.post(`/api/v2/tenants/${tenantId}/top-ups`, { amount: "10" }, { "idempotency-key": tenantId });

/** A message that has arrived, and a credential by which n8n sends more. */
async function sendOne(
  { admin, environment, n8n }: N8nWorld,
  tenantId: string,
): Promise<Pick<Made, "messageId" | "senderCredential">> {
  await topUp(admin, tenantId);
  const { key } = await admin.post<{ key: string }>(`/api/v2/tenants/${tenantId}/api-keys`, { name: "n8n" });
  const [baseUrl, senderCredential] = [environment.urls.gateway, `Catalyst of ${tenantId}`];
  const data = { baseUrl, apiKey: key };
  await n8n.post("/credentials", { name: senderCredential, type: "catalystApi", data });
  const rest = createRest(baseUrl, key);
  const message = { from: "ACME", to: "+12025550143", text: "The first one" };
  const { message_id: messageId } = await rest.post<{ message_id: string }>("/api/v2/messages", message);
  await finalMessage(rest, messageId);
  return { messageId, senderCredential };
}

async function invoiceOne(admin: Rest, tenantId: string): Promise<Made["invoice"]> {
  await useYesterday(admin, tenantId);
  await admin.post(`/api/v2/tenants/${tenantId}/invoices`, {});
  return firstOf(admin, `/api/v2/invoices?tenant_id=${tenantId}`);
}

async function openCase(admin: Rest, tenantId: string): Promise<string> {
  await admin.post("/api/v2/fraud-alerts", {
    tenant_id: tenantId,
    pattern: "traffic_pumping",
    severity: "high",
    destinations: [{ country: "LV", prefix: "3712000" }],
    evidence: { messages: 4200 },
  });
  await firstOf(admin, `/api/v2/workflows/runs?workflow=fraudCase&tenant_id=${tenantId}`);
  const opened = await firstOf<{ case_id: string }>(admin, `/api/v2/fraud-cases?tenant_id=${tenantId}`);
  return opened.case_id;
}

/** Returns once service is off, and the run is listed as running. */
export async function suspendWithRun(admin: Rest, tenantId: string): Promise<void> {
  const input = { tenantId, cause: "person", walletId: null, graceSeconds: 0, reason: "a test" };
  await admin.post("/api/v2/workflows/suspension", { input });
  await eventually(
    () => admin.get<{ flow_status: string }>(`/api/v2/workflows/runs/suspension-${tenantId}`),
    (run) => run.flow_status === "suspended",
  );
  await firstOf(admin, `/api/v2/workflows/runs?workflow=suspension&tenant_id=${tenantId}&status=running`);
}
