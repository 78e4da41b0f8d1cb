import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readCanvases } from "../../scripts/n8n/canvases.ts";
import { createRest } from "../../scripts/demo/rest.ts";
import { eventually, finalMessage, readTopics } from "../pipeline/world.ts";
import { attachN8n, settled, useYesterday, type N8nWorld } from "./world.ts";

let world: N8nWorld;
beforeAll(async () => {
  world = await attachN8n();
}, 60_000);
afterAll(() => world.close());

const statusOf = async (tenantId: string): Promise<string> =>
  (await world.admin.get<{ status: string }>(`/api/v2/tenants/${tenantId}`)).status;

const untilStatus = (tenantId: string, wanted: string): Promise<string> =>
  eventually(
    () => statusOf(tenantId),
    (status) => status === wanted,
  );

/** The page on which a person answers: the link of a mail. */
const linkIn = (text: string): string => {
  const link = /http:\S+\/webhook-waiting\/\S+/.exec(text)?.[0];
  if (link === undefined) throw new Error(`no link in: ${text}`);
  return link;
};

const answer = (link: string, fields: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(link, { method: "POST", body: new URLSearchParams(fields) });

test("./catalyst up has brought and published all six, and gave them their credentials", async () => {
  for (const { id, name } of readCanvases()) {
    const brought = await world.n8n.get<{
      readonly name: string;
      readonly activeVersionId: string | null;
      readonly nodes: readonly {
        readonly disabled?: boolean;
        readonly credentials?: Readonly<Record<string, { id: string | null }>>;
      }[];
    }>(`/workflows/${id}`);
    expect(brought).toMatchObject({ name, activeVersionId: expect.any(String) });
    const credentials = brought.nodes
      .filter(({ disabled }) => disabled !== true)
      .flatMap((node) => Object.values(node.credentials ?? {}));
    expect(credentials.filter(({ id: credential }) => credential === null)).toEqual([]);
  }
});

test("Tenant Onboarding: press Execute, and the tenant exists, has credit and can send", async () => {
  const id = await world.execute("catalystOnboarding", "Press execute");
  expect(await settled(world, id)).toMatchObject({ status: "success" });
  const [row] = await eventually(
    () => world.journal("tenant"),
    (rows) => rows.length > 0,
  );
  const tenantId = row?.tenant_id ?? "";
  const run = await world.admin.get<{ status: string; url: string }>(
    `/api/v2/workflows/runs/onboarding-${tenantId}`,
  );
  expect(run).toMatchObject({ status: "completed", url: row?.detail });
  expect(await statusOf(tenantId)).toBe("active");
  expect((await world.mail(`New tenant: ${tenantId}`)).text).toContain(run.url);
  const { key } = await world.admin.post<{ key: string }>(`/api/v2/tenants/${tenantId}/api-keys`, {
    name: "first",
  });
  const rest = createRest(world.environment.urls.gateway, key);
  const message = { from: "ACME", to: "+12025550143", text: "It works" };
  const { message_id: messageId } = await rest.post<{ message_id: string }>("/api/v2/messages", message);
  expect(await finalMessage(rest, messageId)).toMatchObject({ state: "delivered" });
});

test("Payment Processing: Stripe charges the card once, and what came of it is written down", async () => {
  const { tenantId } = await world.tenant("CARD", { payment_provider: "stripe" });
  await world.admin.patch(`/api/v2/tenants/${tenantId}`, { payment: { payment_method_id: "pm_card_visa" } });
  const response = await world.call("catalyst/payments", { tenant_id: tenantId, amount: "25.00" });
  expect(response.status).toBe(202);
  const { payment_id: paymentId } = (await response.json()) as { payment_id: string };
  const paid = () => world.journal("payment", tenantId);
  expect(await eventually(paid, (rows) => rows.length > 0)).toMatchObject([
    { subject: paymentId, detail: "payment.succeeded" },
  ]);
  const books = await fetch(`${world.environment.urls.stripeSimulator}/simulator/books`);
  expect(((await books.json()) as Record<string, unknown>)[paymentId]).toMatchObject({
    charges: 1,
    charged: 2500,
  });
});

test("Payment Processing: PayPal's payer gets the link by mail, confirms, and has paid", async () => {
  const { tenantId } = await world.tenant("WALLET", { payment_provider: "paypal" });
  const response = await world.call("catalyst/payments", { tenant_id: tenantId, amount: "26.00" });
  const { payment_id: paymentId } = (await response.json()) as { payment_id: string };
  const mail = await world.mail("Please confirm your payment of 26.00");
  const page = /http:\S+/.exec(mail.text)?.[0] ?? "";
  await fetch(`${page}/approve`, { method: "POST", redirect: "manual" });
  const paid = () => world.journal("payment", tenantId);
  expect(await eventually(paid, (rows) => rows.length > 0)).toMatchObject([
    { subject: paymentId, detail: "payment.succeeded" },
  ]);
});

test("Low Balance Alert: the ledger's word becomes a mail, a record on Kafka and a row", async () => {
  const { tenantId } = await world.tenant("LOW", { thresholds: { low: "0.9", critical: "0.1" } });
  const topUp = { amount: "1.00" };
  await world.admin.post(`/api/v2/tenants/${tenantId}/top-ups`, topUp, { "idempotency-key": tenantId });
  const event = {
    event_type: "sms.delivered",
    channel: "sms",
    tenant_id: tenantId,
    destination: "GB",
    units: 10,
  };
  await world.admin.post("/api/v2/usage-events", event, { "idempotency-key": `${tenantId}-1` });
  expect((await world.mail(`Low balance: ${tenantId}`)).text).toContain("0.7");
  expect(
    await eventually(
      () => world.journal("low balance", tenantId),
      (rows) => rows.length > 0,
    ),
  ).toHaveLength(1);
  const notices = await readTopics(world.environment, ["n8n.notices"]);
  expect(notices.filter(({ key }) => key === tenantId)).toMatchObject([
    { value: expect.stringContaining('"balance":"0.7"') },
  ]);
});

test("Service Suspension: service goes off, a person gives it back, and a second click changes nothing", async () => {
  const { tenantId } = await world.tenant("OFF");
  await world.call("catalyst/suspensions", { tenant_id: tenantId, reason: "contract ended" });
  await untilStatus(tenantId, "suspended");
  const link = linkIn((await world.mail(`Suspended: ${tenantId}`)).text);
  const page = async (): Promise<string> => (await fetch(link)).text();
  await eventually(page, (html) => html.includes("contract ended"));
  expect((await answer(link, { actor: "Kim", reason: "signed again" })).status).toBe(200);
  await untilStatus(tenantId, "active");
  expect((await world.mail(`Reinstated: ${tenantId}`)).text).toContain("signed again (Kim)");
  expect((await answer(link, { actor: "Lee", reason: "twice" })).status).toBe(409);
  const result = `/api/v2/workflows/runs/suspension-${tenantId}/result`;
  expect(await world.admin.get(result)).toMatchObject({ output: { by: "Kim", reason: "signed again" } });
});

test("Fraud Alert Handling: a person decides on n8n's page, and the case is decided", async () => {
  const { tenantId } = await world.tenant("FRAUD");
  await world.admin.post("/api/v2/fraud-alerts", {
    tenant_id: tenantId,
    pattern: "traffic_pumping",
    severity: "high",
    destinations: [{ country: "LV", prefix: "3712000" }],
    evidence: { messages: 4200 },
  });
  const [open] = await eventually(
    async () =>
      (
        await world.admin.get<{ data: readonly { case_id: string }[] }>(
          `/api/v2/fraud-cases?tenant_id=${tenantId}`,
        )
      ).data,
    (cases) => cases.length > 0,
  );
  const caseId = open?.case_id ?? "";
  const link = linkIn((await world.mail(`Fraud case ${caseId}: ${tenantId}`)).text);
  const page = async (): Promise<string> => (await fetch(link)).text();
  await eventually(page, (html) => html.includes("traffic_pumping"));
  const decision = { decision: "release", actor: "Kim", reason: "a campaign that was announced" };
  expect((await answer(link, decision)).status).toBe(200);
  expect(await world.admin.get(`/api/v2/fraud-cases/${caseId}`)).toMatchObject({
    decision: { decision: "release", reason: "a campaign that was announced" },
  });
  const rows = () => world.journal("fraud case", tenantId);
  expect(await eventually(rows, (found) => found.length > 0)).toMatchObject([
    { subject: caseId, detail: "release" },
  ]);
});

test("Daily Invoice Generation: yesterday is invoiced, mailed as a PDF and written down", async () => {
  const { tenantId } = await world.tenant("BILL", { kind: "postpaid", credit_limit: "1000" });
  await useYesterday(world.admin, tenantId);
  const id = await world.execute("catalystInvoicing", "Every day at 00:30");
  expect(await settled(world, id)).toMatchObject({ status: "success" });
  const { data } = await world.admin.get<{ data: readonly { invoice_id: string; number: string }[] }>(
    `/api/v2/invoices?tenant_id=${tenantId}`,
  );
  expect(data).toHaveLength(1);
  const number = data[0]?.number ?? "";
  expect(await world.journal("invoice", tenantId)).toMatchObject([
    { subject: number, detail: data[0]?.invoice_id },
  ]);
  expect((await world.mail(`Invoice ${number}`)).attachments).toMatchObject([{ name: `${number}.pdf` }]);
});
