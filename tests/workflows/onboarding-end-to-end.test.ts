import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { simpleParser, type ParsedMail } from "mailparser";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { createOnboardingActivities } from "#activities/onboarding.ts";
import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { hashSmppPassword } from "#adapters/postgres/smpp-password.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createMailer } from "#adapters/smtp/mailer.ts";
import { createFlowSchedules } from "#adapters/temporal/flow-schedules.ts";
import { createWebhookSecrets } from "#platform/webhook-secrets.ts";
import { Unavailable } from "#domain/errors.ts";
import type { OutgoingRecord } from "#domain/events/ports.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import type { OnboardingActivities } from "#workflows/tenant-onboarding/api.ts";
import { createTestSchema, type TestSchema } from "../tenants/database.ts";
import { attachFlowsEnvironment, onboardingOf, type FlowsEnvironment } from "./flows-environment.ts";

const WAIT_MS = 20_000;

let flows: FlowsEnvironment;
let schema: TestSchema;
let tenants: TenantStore;
let activities: OnboardingActivities;
let smtp: SMTPServer;
let mailer: ReturnType<typeof createMailer>;
const mails: ParsedMail[] = [];
const published: OutgoingRecord[] = [];
/** What the mail server answers to RCPT TO; 250 takes the mail. */
let answers: number[] = [];
let kafkaFailures = 0;

beforeAll(async () => {
  [flows, schema] = await Promise.all([attachFlowsEnvironment(), createTestSchema()]);
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onRcptTo(address, _session, callback) {
      const responseCode = answers.shift() ?? 250;
      callback(
        responseCode === 250 ? null : Object.assign(new Error(`no ${address.address}`), { responseCode }),
      );
    },
    onData(stream, _session, callback) {
      simpleParser(stream, (error, mail) => {
        if (!error) mails.push(mail);
        callback(error);
      });
    },
  });
  smtp.listen(0, "127.0.0.1");
  await once(smtp.server, "listening");
  const { port } = smtp.server.address() as AddressInfo;
  mailer = createMailer({ url: `smtp://127.0.0.1:${port}`, from: "Catalyst <catalyst@localhost>" });
  const announcements = createControlOutbox(schema.pool, {
    async publish(records) {
      kafkaFailures -= 1;
      if (kafkaFailures >= 0) throw new Unavailable("kafka");
      published.push(...records);
    },
  });
  tenants = createTenantStore(schema.pool, announcements, {
    clock: { now: () => Date.now() },
    onDelayed: () => {},
  });
  activities = createOnboardingActivities({
    tenants,
    announcements,
    mailer,
    doors: { api: "http://api.test", reference: "http://api.test/docs", smpp: "smpp.test:2775" },
    rateCardCurrency: async (rateCardId) => (rateCardId === "RC-DEFAULT" ? "USD" : null),
    office: {
      email: "operator@platform.test",
      apiUrl: "http://api.test",
      flowUrl: (id) => `http://ui/${id}`,
    },
    schedules: createFlowSchedules(flows.temporal, { now: () => Date.now() }),
    provider: () => ({ createCustomer: async ({ tenantId }) => ({ customerId: `cus-${tenantId}` }) }),
    webhookSecret: createWebhookSecrets("k".repeat(32)),
  });
});

afterAll(async () => {
  await mailer.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
  await Promise.all([flows.close(), schema.close()]);
});

test("a tenant is open, announced and welcomed; its key and its account work, and no secret is in the history", async () => {
  const input = onboardingOf();
  const account = {
    systemId: input.smppAccount?.systemId ?? "",
    passwordHash: await hashSmppPassword("s3cret_8"),
  };
  const outcome = await flows.withWorker(activities, (starter) =>
    starter.onboard({ ...input, smppAccount: account }, WAIT_MS),
  );
  expect(outcome).toMatchObject({ kind: "completed", output: { revision: 3, welcomeMail: "accepted" } });
  const configuration = await tenants.get(input.tenantId);
  expect(configuration).toMatchObject({ status: "active", revision: 3, rateCardId: "RC-DEFAULT" });
  expect(JSON.parse(String(published.findLast(({ key }) => key === input.tenantId)?.value))).toEqual(
    configuration,
  );
  await expect(tenants.authenticateApiKey(input.apiKey.hash)).resolves.toMatchObject({
    tenantId: input.tenantId,
  });
  await expect(tenants.authenticateSmpp(account.systemId, "s3cret_8")).resolves.toEqual({
    tenantId: input.tenantId,
  });
  const mail = mails.find(({ subject }) => subject?.includes(input.tenantId));
  expect(mail).toMatchObject({ messageId: `<welcome.${input.wallet.walletId}@catalyst>` });
  expect(mail?.text).toContain(account.systemId);
  const history = await flows.temporal.client.workflow
    .getHandle(`onboarding-${input.tenantId}`)
    .fetchHistory();
  expect(JSON.stringify([mail, history])).not.toContain("s3cret_8");
});

test("a customer and a schedule come with it, and both are gone where a person says no", async () => {
  const schedules = createFlowSchedules(flows.temporal, { now: () => Date.now() });
  const input = onboardingOf({ paymentProvider: "stripe", taxId: "12-3456789", allowDuplicate: true });
  const scheduleId = `invoicing-${input.tenantId}`;
  await flows.withWorker(activities, (starter) => starter.onboard(input, WAIT_MS));
  await expect(tenants.get(input.tenantId)).resolves.toMatchObject({
    taxId: "123456789",
    payment: { provider: "stripe", customerId: `cus-${input.tenantId}` },
  });
  await expect(schedules.describe(scheduleId)).resolves.toMatchObject({
    flow: "invoicing",
    calendar: { timezone: "America/New_York" },
  });
  await schedules.delete(scheduleId);
  const rejected = onboardingOf({ kyc: { deadlineSeconds: 60 } });
  await flows.withWorker(activities, async (starter) => {
    await expect(starter.onboard(rejected, 1_000)).resolves.toMatchObject({ kind: "running" });
    await flows.temporal.client.workflow
      .getHandle(`onboarding-${rejected.tenantId}`)
      .executeUpdate("decideKyc", { args: [{ decision: "reject", actor: "Kim", reason: "unknown" }] });
    await expect(starter.onboard(rejected, WAIT_MS)).resolves.toEqual({
      kind: "refused",
      problems: [{ path: "kyc", message: "was rejected by Kim: unknown" }],
    });
  });
  await expect(tenants.get(rejected.tenantId)).resolves.toMatchObject({ status: "closed" });
  await expect(schedules.describe(`invoicing-${rejected.tenantId}`)).resolves.toBeNull();
  expect(mails.filter(({ subject }) => subject?.includes(rejected.tenantId))).toHaveLength(1);
});

test("an unknown rate card is refused before anything exists", async () => {
  const input = onboardingOf({ rateCardId: "RC-NONE", timezone: "Mars/Olympus" });
  const { rateCardId } = input;
  await flows.withWorker(activities, async (starter) => {
    await expect(starter.onboard(input, WAIT_MS)).resolves.toEqual({
      kind: "refused",
      problems: [{ path: "timezone", message: "is not in the IANA time zone database" }],
    });
    await expect(starter.onboard(onboardingOf({ rateCardId }), WAIT_MS)).resolves.toEqual({
      kind: "refused",
      problems: [{ path: "rateCardId", message: "is no rate card" }],
    });
  });
  await expect(tenants.get(input.tenantId)).resolves.toBeNull();
});

test("someone else's system id leaves no trace of the tenant, and its own fields are named", async () => {
  const first = onboardingOf();
  const second = onboardingOf({ smppAccount: first.smppAccount });
  await flows.withWorker(activities, async (starter) => {
    await starter.onboard(first, WAIT_MS);
    await expect(starter.onboard(second, WAIT_MS)).resolves.toEqual({
      kind: "refused",
      problems: [{ path: "smppAccount.systemId", message: "is taken" }],
    });
  });
  await expect(tenants.get(second.tenantId)).resolves.toBeNull();
  await expect(tenants.get(first.tenantId)).resolves.toMatchObject({ status: "active" });
});

test("a mail server that says later is asked again, one that refuses is not; servers that are away are waited for", async () => {
  const input = onboardingOf();
  answers = [451];
  kafkaFailures = 3;
  await flows.withWorker(activities, async (starter) => {
    await expect(starter.onboard(input, WAIT_MS)).resolves.toMatchObject({
      output: { welcomeMail: "accepted" },
    });
    answers = [550];
    await expect(starter.onboard(onboardingOf(), WAIT_MS)).resolves.toMatchObject({
      output: { welcomeMail: "refused" },
    });
  });
  expect(mails.filter(({ subject }) => subject?.includes(input.tenantId))).toHaveLength(1);
});
