import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Environment } from "../environment.ts";
import { onboard } from "./onboard.ts";
import type { Rest } from "./rest.ts";

/** What the second act showed: each flow with its link in Temporal's Web UI, each mail by its subject. */
export interface SecondAct {
  readonly invoice: {
    readonly number: string;
    readonly line: string;
    readonly total: string;
    readonly pdf: string;
    readonly paid: boolean;
    readonly flow: string;
    readonly payment: string;
  };
  readonly low_balance: { readonly flow: string };
  readonly suspension: { readonly flow: string; readonly reinstated: boolean };
  readonly fraud_case: { readonly flow: string; readonly decision: string };
  readonly mails: readonly string[];
  readonly complete: boolean;
}

type Say = (line: string) => void;

interface Stage {
  readonly admin: Rest;
  readonly environment: Environment;
  readonly say: Say;
}

/** What is long-lived, on the same servers: an invoice that is paid, a balance that runs low, a suspension, a fraud case. */
export async function performSecondAct(environment: Environment, admin: Rest, say: Say): Promise<SecondAct> {
  const stage: Stage = { admin, environment, say };
  const invoice = await invoiceIsPaid(stage);
  const [low_balance, suspension] = await balanceRunsLow(stage);
  const fraud_case = await fraudIsDecided(stage);
  const mails = await mailsOf(stage, [
    /Welcome to Catalyst: TENANT-003/,
    new RegExp(invoice.number),
    /[Rr]eceipt|Payment/,
    /The balance of TENANT-004 is low/,
    /Service is suspended: TENANT-004/,
    /Service is back: TENANT-004/,
    /FC-/,
  ]);
  return {
    invoice,
    low_balance,
    suspension,
    fraud_case,
    mails: mails.found,
    complete: invoice.paid && suspension.reinstated && mails.missing.length === 0,
  };
}

/** The guide's Example 2: one session, its five events. */
const SESSION = [
  "ussd.session.initiated",
  "ussd.response.sent",
  "ussd.menu.action",
  "ussd.response.sent",
  "ussd.session.completed",
];

async function invoiceIsPaid({ admin, environment, say }: Stage): Promise<SecondAct["invoice"]> {
  say(
    "7. A postpaid tenant's day with the guide's Example 2 is invoiced, and paid through the Stripe simulator",
  );
  await onboard(admin, {
    tenant_id: "TENANT-003",
    name: "Initech Telecom",
    email: "billing@initech.example",
    timezone: "UTC",
    country: "US",
    kind: "postpaid",
    credit_limit: "1000",
    rate_card_id: "RC-TENANT-001",
    payment_provider: "stripe",
    billing_address: ["4120 Freidrich Lane", "Austin, TX 78744"],
  });
  await admin.patch("/api/v2/tenants/TENANT-003", { payment: { payment_method_id: "pm_card_visa" } });
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  for (const [second, event] of SESSION.entries()) {
    const body = {
      event_type: event,
      channel: "ussd",
      tenant_id: "TENANT-003",
      timestamp: `${yesterday}T12:00:0${second}Z`,
      attributes: { session: "demo-session" },
    };
    await admin.post("/api/v2/usage-events", body, { "idempotency-key": `EVT-002-${second}` });
  }
  await admin.post("/api/v2/tenants/TENANT-003/invoices", { through: yesterday });
  const number = await untilFound(async () => (await invoicesOf(admin))[0]?.number ?? null, "the invoice");
  const [listed] = await invoicesOf(admin);
  const invoiceId = listed?.invoice_id ?? "";
  const invoice = await admin.get<InvoiceAnswer>(`/api/v2/invoices/${invoiceId}`);
  const [line] = invoice.lines;
  const lineText = `${line?.description ?? "(no line)"}, quantity ${line?.quantity}, unit rate ${line?.unit_rate}, total ${line?.amount}`;
  const pdf = join(environment.dataDirectory, `${number}.pdf`);
  writeFileSync(pdf, await admin.bytes(`/api/v2/invoices/${invoiceId}/pdf`));
  say(`   ${number}: ${lineText}`);
  say(`   PDF: ${pdf}`);
  const payment = `payment-inv-${invoiceId}`;
  const state = await untilFound(async () => {
    const run = await admin.get<RunAnswer>(`/api/v2/workflows/runs/${payment}`).catch(() => null);
    return run?.status === "completed" ? (run.flow_status ?? "completed") : null;
  }, "the payment");
  const [after] = await invoicesOf(admin);
  say(`   payment: ${state}; the invoice is ${after?.status}`);
  const flow = await linkOf(admin, `invoicing-TENANT-003-${yesterday}`);
  return {
    number,
    line: lineText,
    total: invoice.total,
    pdf,
    paid: after?.status === "paid",
    flow,
    payment: await linkOf(admin, payment),
  };
}

/** At the card's peak price, whatever the hour of the demo: at night the two charges would not cross both. */
const AT_PEAK = "2024-12-25T18:00:00Z";

/** One dollar and thresholds at 90 and 50 cents: two charges cross both, a top-up brings everything back. */
async function balanceRunsLow({
  admin,
  say,
}: Stage): Promise<[SecondAct["low_balance"], SecondAct["suspension"]]> {
  say("8. A prepaid balance runs low, then critical: the tenant is told, suspended, and back after a top-up");
  const tenant = await onboard(admin, {
    tenant_id: "TENANT-004",
    name: "Umbrella Alerts",
    email: "ops@umbrella.example",
    timezone: "UTC",
    country: "US",
    rate_card_id: "RC-TENANT-001",
    thresholds: { low: "0.9", critical: "0.5" },
  });
  const topUp = (key: string, amount: string): Promise<unknown> =>
    admin.post("/api/v2/tenants/TENANT-004/top-ups", { amount }, { "idempotency-key": key });
  await topUp("demo-top-up-4", "1.00");
  for (const [index, units] of [15, 40].entries()) {
    const event = {
      event_type: "sms.delivered",
      channel: "sms",
      tenant_id: "TENANT-004",
      destination: "US",
      timestamp: AT_PEAK,
      units,
    };
    await admin.post("/api/v2/usage-events", event, { "idempotency-key": `EVT-LOW-${index}` });
  }
  const wallet = (await admin.get<{ wallets: { wallet_id: string }[] }>("/api/v2/tenants/TENANT-004"))
    .wallets[0];
  const lowFlow = await untilFound(
    () => linkWhenThere(admin, `low-balance-${wallet?.wallet_id}`),
    "the alert",
  );
  await untilStatus(admin, "TENANT-004", "suspended");
  say("   suspended");
  await topUp("demo-top-up-4-again", "50.00");
  await untilStatus(admin, tenant.tenantId, "active");
  say("   topped up, and active again");
  const suspensionFlow = await linkOf(admin, "suspension-TENANT-004");
  return [{ flow: lowFlow }, { flow: suspensionFlow, reinstated: true }];
}

async function fraudIsDecided({ admin, say }: Stage): Promise<SecondAct["fraud_case"]> {
  say("9. A fraud alert becomes a case: its destinations are frozen at once, a person decides");
  const { workflow_id } = await admin.post<{ workflow_id: string }>("/api/v2/fraud-alerts", {
    tenant_id: "TENANT-004",
    pattern: "traffic_pumping",
    severity: "high",
    destinations: [{ country: "LV", prefix: "3712000" }],
    evidence: { messages: 4200, delivered: 300 },
  });
  const open = await untilFound(async () => {
    const { data } = await admin.get<Page<CaseAnswer>>("/api/v2/fraud-cases?tenant_id=TENANT-004");
    return data[0] ?? null;
  }, "the case");
  const path = `/api/v2/fraud-cases/${open.case_id}/decision`;
  const decided = await admin.post<CaseAnswer>(path, {
    decision: "release",
    reason: "a campaign that was announced",
  });
  say(`   ${open.case_id}: ${decided.decision?.decision ?? "undecided"}`);
  return { flow: await linkOf(admin, workflow_id), decision: decided.decision?.decision ?? "undecided" };
}

interface InvoiceAnswer {
  readonly total: string;
  readonly lines: readonly {
    readonly description: string;
    readonly quantity: string;
    readonly unit_rate: string;
    readonly amount: string;
  }[];
}

interface ListedInvoice {
  readonly invoice_id: string;
  readonly number: string;
  readonly status: string;
}

interface RunAnswer {
  readonly status: string;
  readonly flow_status: string | null;
  readonly url: string;
}

interface CaseAnswer {
  readonly case_id: string;
  readonly decision: { readonly decision: string } | null;
}

interface Page<Row> {
  readonly data: readonly Row[];
}

async function invoicesOf(admin: Rest): Promise<readonly ListedInvoice[]> {
  return (await admin.get<Page<ListedInvoice>>("/api/v2/invoices?tenant_id=TENANT-003")).data;
}

async function linkOf(admin: Rest, workflowId: string): Promise<string> {
  return (await admin.get<RunAnswer>(`/api/v2/workflows/runs/${workflowId}`)).url;
}

function linkWhenThere(admin: Rest, workflowId: string): Promise<string | null> {
  return linkOf(admin, workflowId).catch(() => null);
}

const STEP_MS_MAX = 60_000;

/** Asks again and again until there is an answer. @throws when it takes longer than a minute. */
async function untilFound<Found>(ask: () => Promise<Found | null>, what: string): Promise<Found> {
  for (const deadline = Date.now() + STEP_MS_MAX; ; await sleep(200)) {
    const found = await ask();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${STEP_MS_MAX / 1000} s`);
  }
}

async function untilStatus(admin: Rest, tenantId: string, wanted: string): Promise<void> {
  await untilFound(async () => {
    const { status } = await admin.get<{ status: string }>(`/api/v2/tenants/${tenantId}`);
    return status === wanted ? status : null;
  }, `${tenantId} as ${wanted}`);
}

/** Waits for a mail of each kind; the catcher's page shows them. */
async function mailsOf(
  { environment, say }: Stage,
  kinds: readonly RegExp[],
): Promise<{ readonly found: readonly string[]; readonly missing: readonly RegExp[] }> {
  const ask = async (): Promise<readonly string[]> => {
    const response = await fetch(`${environment.urls.smtpInbox}/messages`);
    const { messages } = (await response.json()) as { messages: { subject: string }[] };
    return messages.map(({ subject }) => subject);
  };
  const missingIn = (subjects: readonly string[]): RegExp[] =>
    kinds.filter((kind) => !subjects.some((subject) => kind.test(subject)));
  let subjects = await ask();
  for (
    const deadline = Date.now() + STEP_MS_MAX;
    missingIn(subjects).length > 0 && Date.now() < deadline;
    await sleep(300)
  )
    subjects = await ask();
  const missing = missingIn(subjects);
  say(
    `   mails: ${subjects.length} in the inbox, ${missing.length === 0 ? "one of each kind" : `none like ${missing.join(", ")}`}`,
  );
  return { found: subjects, missing };
}
