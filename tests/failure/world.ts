import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onboard, type OnboardedTenant } from "../../scripts/demo/onboard.ts";
import { createRest, type Rest } from "../../scripts/demo/rest.ts";
import { startEnvironment, type Environment } from "../../scripts/environment.ts";

const GUIDE_CARD = new URL("../../examples/rate-cards/guide.json", import.meta.url);
/** The traffic repeats 1,000 numbers. */
const PER_DESTINATION_PER_MINUTE = 10_000;
const BACK_MS_MAX = 120_000;

/** An environment of its own, because what happens in it disturbs everyone. */
export interface World {
  readonly environment: Environment;
  readonly admin: Rest;
  newTenant(tenantId: string): Promise<OnboardedTenant>;
  /** kill -9; answers how long it took until the successor was healthy, in ms. */
  killAndWait(name: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "catalyst-failure-"));
  const environment = await startEnvironment({
    dataDirectory: join(folder, "data"),
    ports: "auto",
    env: { RESERVATION_ORPHAN_SECONDS: "10" },
  });
  const admin = createRest(environment.urls.gateway, environment.secrets.adminToken);
  await admin.post("/api/v2/rate-cards", readFileSync(GUIDE_CARD, "utf8"));
  return {
    environment,
    admin,
    newTenant: (tenantId) => newTenant(admin, tenantId),
    killAndWait: (name) => killAndWait(environment, name),
    stop: async () => {
      await environment.stop();
      if (process.env["CATALYST_TEST_KEEP"] !== "1") rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function newTenant(admin: Rest, tenantId: string): Promise<OnboardedTenant> {
  const tenant = await onboard(admin, tenantRequest(tenantId));
  await admin.post(
    `/api/v2/tenants/${tenantId}/top-ups`,
    { amount: "1000.00" },
    { "idempotency-key": tenantId },
  );
  return tenant;
}

export function tenantRequest(tenantId: string): { tenant_id: string } & Record<string, unknown> {
  return {
    tenant_id: tenantId,
    name: `Tenant ${tenantId}`,
    email: "noc@globex.example",
    timezone: "Europe/London",
    country: "GB",
    tax_rate: "20",
    rate_card_id: "RC-TENANT-001",
    firewall: { blocked_keywords: ["lottery"], per_destination_per_minute: PER_DESTINATION_PER_MINUTE },
  };
}

async function killAndWait(environment: Environment, name: string): Promise<number> {
  const killed = await environment.pid(name);
  const startedAt = performance.now();
  await environment.kill(name, "SIGKILL");
  const end = startedAt + BACK_MS_MAX;
  for (;;) {
    const one = (await environment.status()).processes.find((process) => process.name === name);
    if (one?.health === "healthy" && one.pid !== killed) return performance.now() - startedAt;
    if (performance.now() > end)
      throw new Error(`${name} is ${one?.health} after ${BACK_MS_MAX} ms: see ${one?.log}`);
    await sleep(50);
  }
}
