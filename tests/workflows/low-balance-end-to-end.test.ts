import { beforeAll, expect, test } from "@jest/globals";
import { attachWorld, eventually, finalMessage, type Tenant, type World } from "../pipeline/world.ts";

let world: World;
beforeAll(async () => {
  world = await attachWorld();
}, 60_000);

interface InboxMail {
  readonly subject: string;
}

/** Subjects of what the mail catcher holds of the tenant. */
async function subjects({ tenantId }: Tenant): Promise<string[]> {
  const response = await fetch(`${world.environment.urls.smtpInbox}/messages`);
  const { messages } = (await response.json()) as { readonly messages: readonly InboxMail[] };
  return messages.map(({ subject }) => subject).filter((subject) => subject.includes(tenantId));
}

const MESSAGE = { from: "ACME", to: "+447700900123", text: "hello" };

test("a prepaid wallet runs low, its tenant is told, suspended when it is critical, and back once it is topped up", async () => {
  const tenant = await world.tenant(
    "LOW",
    { email: "ops@low.test", thresholds: { low: "0.08", critical: "0.05" } },
    "0.1",
  );
  const status = async (): Promise<string> =>
    (await world.admin.get<{ status: string }>(`/api/v2/tenants/${tenant.tenantId}`)).status;
  for (const text of ["one", "two"]) {
    const { message_id: id } = await tenant.rest.post<{ message_id: string }>("/api/v2/messages", {
      ...MESSAGE,
      text,
    });
    await finalMessage(tenant.rest, id);
  }
  await eventually(status, (now) => now === "suspended");
  await eventually(
    () =>
      tenant.rest.post("/api/v2/messages", MESSAGE).then(
        () => "accepted",
        (error: Error) => error.message,
      ),
    (answer) => answer.includes("suspended"),
  );
  await world.admin.post(
    `/api/v2/tenants/${tenant.tenantId}/top-ups`,
    { amount: "10" },
    { "idempotency-key": `${tenant.tenantId}-2` },
  );
  await eventually(status, (now) => now === "active");
  const told = await eventually(
    () => subjects(tenant),
    (all) => all.length >= 6,
  );
  expect(told.toSorted()).toEqual(
    [
      `Welcome to Catalyst: ${tenant.tenantId} is open`,
      `The balance of ${tenant.tenantId} is low`,
      `The balance of ${tenant.tenantId} is critical`,
      `Service is suspended: ${tenant.tenantId}`,
      `The balance of ${tenant.tenantId} has recovered`,
      `Service is back: ${tenant.tenantId}`,
    ].toSorted(),
  );
}, 120_000);
