import { beforeAll, describe, expect, test } from "@jest/globals";
import { attachWorld, eventually, finalMessage, type Tenant, type World } from "../pipeline/world.ts";
import { npmSmpp, type NpmPdu } from "../smpp/npm-smpp.ts";

let world: World;
beforeAll(async () => {
  world = await attachWorld();
}, 60_000);

interface Case {
  readonly case_id: string;
  readonly status: string;
  readonly destinations: readonly { readonly country: string | null; readonly prefix: string | null }[];
  readonly timeline: readonly { readonly text: string }[];
  readonly workflow_url: string;
}

const NUMBER = "+447700900123";
const MESSAGE = { from: "ACME", to: NUMBER, text: "hello" };

async function openCase({ tenantId }: Tenant): Promise<Case> {
  const { data } = await eventually(
    () => world.admin.get<{ data: readonly Case[] }>(`/api/v2/fraud-cases?tenant_id=${tenantId}`),
    (page) => page.data.length > 0,
  );
  return data[0]!;
}

const caseOf = (caseId: string): Promise<Case> => world.admin.get<Case>(`/api/v2/fraud-cases/${caseId}`);

interface InboxMail {
  readonly subject: string;
  readonly text: string;
}

async function mailsOf(caseId: string): Promise<InboxMail[]> {
  const response = await fetch(`${world.environment.urls.smtpInbox}/messages`);
  const { messages } = (await response.json()) as { readonly messages: readonly InboxMail[] };
  return messages.filter(({ subject }) => subject.includes(caseId));
}

const send = (tenant: Tenant, message: object = MESSAGE): Promise<string> =>
  tenant.rest.post("/api/v2/messages", message).then(
    () => "accepted",
    (error: Error) => error.message,
  );

const report = (tenant: Tenant, more: object = {}): Promise<unknown> =>
  world.admin.post("/api/v2/fraud-alerts", {
    tenant_id: tenant.tenantId,
    severity: "medium",
    destinations: [{ country: "GB", prefix: "44770090" }],
    ...more,
  });

async function decide(caseId: string, decision: string): Promise<Case> {
  await world.admin.post(`/api/v2/fraud-cases/${caseId}/decision`, { decision, reason: "a test" });
  return eventually(
    () => caseOf(caseId),
    ({ status }) => status === "closed",
  );
}

describe("from traffic to a decision", () => {
  test("blocked texts → alert → case → mail with a link → released by its form", async () => {
    const tenant = await world.tenant("FRAUD");
    const messages = Array.from({ length: 60 }, (_, index) => ({
      from: "ACME",
      to: `+4477009001${String(index).padStart(2, "0")}`,
      text: "Please reply with your PIN",
    }));
    await tenant.rest.post("/api/v2/messages", { messages });
    const { case_id: caseId } = await openCase(tenant);
    await eventually(
      () => send(tenant),
      (answer) => answer.includes("destination_frozen"),
    );
    expect(await send(tenant, { ...MESSAGE, to: "+12025550143" })).toBe("accepted");

    const [mail] = await eventually(
      () => mailsOf(caseId),
      (mails) => mails.length > 0,
    );
    expect(mail?.text).not.toContain("77009001");
    const link = /Look and decide: (\S+)/.exec(mail?.text ?? "")?.[1] ?? "";
    const page = await fetch(link);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("60 keyword blocked")]);
    expect((await caseOf(caseId)).status).toBe("open");

    const form = new URLSearchParams({ decision: "release", name: "Kim", reason: "a drill", note: "" });
    const decided = await fetch(link, { method: "POST", body: form });
    expect(await decided.text()).toContain("release, by support: Kim: a drill");
    const closed = await eventually(
      () => caseOf(caseId),
      ({ status }) => status === "closed",
    );
    expect(closed.timeline.map(({ text }) => text)).toEqual([
      expect.stringContaining("opened: 1 alerts of detector"),
      expect.stringContaining("frozen: GB"),
      // One more where a message of the test itself was faster than the detector.
      expect.stringMatching(/^evidence: 6[01] messages of 6[01] conversations/),
      "ask: support mailed",
      "release, decided by support: Kim: a drill",
      "destinations open again",
      "closed: its destinations are open again",
    ]);
    await eventually(
      () => send(tenant),
      (answer) => answer === "accepted",
      1_000,
    );
    const subjects = await eventually(
      () => mailsOf(caseId).then((mails) => mails.map(({ subject }) => subject)),
      (all) => all.length === 2,
    );
    expect(subjects).toContain(`A fraud case is closed: ${caseId}, ${tenant.tenantId}`);
    const late = await fetch(link, {
      method: "POST",
      body: new URLSearchParams({ decision: "block", name: "Lee", reason: "late" }),
    });
    expect(await late.text()).toContain("release, by support: Kim: a drill");
  }, 180_000);

  test("many messages to one country of which few arrive → traffic pumping → frozen while the rest goes on", async () => {
    const tenant = await world.tenant("PUMP", {}, "100");
    // Numbers whose receipts say UNDELIV; so many that a window's least is reached on either side of its end.
    const messages = Array.from({ length: 700 }, (_, index) => ({
      from: "ACME",
      to: `+447400${String(index).padStart(3, "0")}998`,
      text: "Your code is on its way",
    }));
    await tenant.rest.post("/api/v2/messages", { messages });
    const { case_id: caseId } = await openCase(tenant);
    const { destinations } = await eventually(
      () => caseOf(caseId),
      (found) => found.destinations.length > 0,
    );
    expect(destinations).toEqual([expect.objectContaining({ country: "GB" })]);
    const [mail] = await eventually(
      () => mailsOf(caseId),
      (mails) => mails.length > 0,
    );
    expect(mail?.text).toContain("traffic pumping");
    await eventually(
      () => send(tenant),
      (answer) => answer.includes("destination_frozen"),
    );
    expect(await send(tenant, { ...MESSAGE, to: "+12025550143" })).toBe("accepted");
    await decide(caseId, "release");
  }, 180_000);

  test("a refund gives each affected charge back once, and nothing else", async () => {
    const tenant = await world.tenant("REFUND");
    const ids: string[] = [];
    for (const to of [NUMBER, "+447700900124", "+12025550143"]) {
      const { message_id: id } = await tenant.rest.post<{ message_id: string }>("/api/v2/messages", {
        ...MESSAGE,
        to,
      });
      ids.push(id);
    }
    for (const id of ids) await finalMessage(tenant.rest, id);
    const balance = async (): Promise<string> =>
      (await tenant.rest.get<{ balance: string }>(`/api/v2/tenants/${tenant.tenantId}/balance`)).balance;
    await eventually(balance, (now) => now === "9.9097");
    const now = Date.now();
    const window = { from: new Date(now - 600_000).toISOString(), to: new Date(now + 60_000).toISOString() };
    await report(tenant, { window });
    const { case_id: caseId } = await openCase(tenant);
    const closed = await decide(caseId, "refund");
    expect(closed.timeline.map(({ text }) => text)).toContain("4 charges refunded: 0.0602 USD");
    await eventually(balance, (then) => then === "9.9699");
  }, 180_000);

  test("a block outlives its case, and a person opens it by hand", async () => {
    const tenant = await world.tenant("BLOCK");
    await report(tenant);
    const { case_id: caseId } = await openCase(tenant);
    await decide(caseId, "block");
    expect(await send(tenant)).toContain("destination_frozen");
    const frozen = `/api/v2/tenants/${tenant.tenantId}/frozen-destinations`;
    expect((await world.admin.get<{ data: object[] }>(frozen)).data).toEqual([
      expect.objectContaining({ case_id: caseId, permanent: true, prefix: "44770090" }),
    ]);
    await world.admin.delete(`${frozen}?case_id=${caseId}`);
    await eventually(
      () => send(tenant),
      (answer) => answer === "accepted",
      1_000,
    );
  }, 120_000);

  test("suspend takes the tenant's service off, and opens the destinations after that", async () => {
    const tenant = await world.tenant("SUSPEND", { email: "ops@suspend.test" });
    await report(tenant);
    const { case_id: caseId } = await openCase(tenant);
    const closed = await decide(caseId, "suspend");
    expect(closed.timeline.map(({ text }) => text).slice(-3)).toEqual([
      "service is off",
      "destinations open again",
      "closed: the tenant is suspended",
    ]);
    expect(await send(tenant)).toContain("suspended");
  }, 120_000);
});

test("what is frozen is refused within a second at both doors, wherever the message comes from", async () => {
  const tenant = await world.tenant("DOORS");
  const submit = await bind(tenant);
  expect(await submit(NUMBER.slice(1))).toBe(0);
  const frozen = `/api/v2/tenants/${tenant.tenantId}/frozen-destinations`;
  await report(tenant);
  await eventually(
    () => world.admin.get<{ data: object[] }>(frozen),
    ({ data }) => data.length > 0,
  );
  await eventually(
    () => send(tenant),
    (answer) => answer.includes("destination_frozen"),
    1_000,
  );
  expect(await submit(NUMBER.slice(1))).toBe(0x45);
  expect(await submit("12025550143")).toBe(0);
  const { case_id: caseId } = await openCase(tenant);
  await decide(caseId, "release");
  await eventually(
    () => submit(NUMBER.slice(1)),
    (status) => status === 0,
    1_000,
  );
}, 120_000);

/** A transceiver of npm smpp; answers the command_status of each submit_sm. */
async function bind(tenant: Tenant): Promise<(to: string) => Promise<number>> {
  const url = new URL(world.environment.urls.smpp);
  const session = npmSmpp.connect({ host: url.hostname, port: Number(url.port) });
  session.on("error", () => {});
  await new Promise<NpmPdu>((resolve) => {
    session.on("connect", () =>
      session.bind_transceiver({ system_id: tenant.systemId, password: tenant.password }, resolve),
    );
  });
  return (to) =>
    new Promise((resolve) => {
      const pdu = { source_addr: "ACME", source_addr_ton: 5, destination_addr: to, dest_addr_ton: 1 };
      session.submit_sm({ ...pdu, short_message: "hello" }, ({ command_status: status }) => resolve(status));
    });
}
