import { afterAll, beforeAll, test } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createRest } from "../../scripts/demo/rest.ts";
import { attachWorld, eventually, type Tenant, type World } from "../pipeline/world.ts";

const GATEWAY = fileURLToPath(new URL("../../workers/gateway.ts", import.meta.url));
const WITHIN_MS = 1_000;

let world: World;
let second: { readonly url: string; readonly process: ChildProcess };
beforeAll(async () => {
  world = await attachWorld();
  second = await startSecondGateway();
}, 90_000);

afterAll(async () => {
  second.process.kill();
  await once(second.process, "exit");
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Another node of the platform: the same servers, doors of its own. */
async function startSecondGateway() {
  const [http, smpp] = [await freePort(), await freePort()];
  const process = spawn(globalThis.process.execPath, [GATEWAY], {
    env: {
      ...globalThis.process.env,
      ...world.environment.variables,
      GATEWAY_PORT: String(http),
      SMPP_PORT: String(smpp),
    },
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${http}`;
  const isReady = (): Promise<boolean> =>
    fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(isReady, Boolean);
  return { url, process };
}

/** What each gateway answers to a message, asked side by side. */
function answers({ apiKey }: Tenant): Promise<readonly string[]> {
  const message = { from: "ACME", to: "+447700900123", text: "hello" };
  return Promise.all(
    [world.environment.urls.gateway, second.url].map((url) =>
      createRest(url, apiKey)
        .post("/api/v2/messages", message)
        .then(
          () => "accepted",
          (error: Error) => (error.message.includes("suspended") ? "suspended" : error.message),
        ),
    ),
  );
}

test("service goes off at every gateway within a second, and on again", async () => {
  const tenant = await world.tenant("EVERYWHERE");
  const isStatus = async (wanted: string): Promise<void> => {
    const path = `/api/v2/tenants/${tenant.tenantId}`;
    await eventually(
      async () => (await world.admin.get<{ status: string }>(path)).status,
      (status) => status === wanted,
    );
  };
  const become = (wanted: string): Promise<readonly string[]> =>
    eventually(
      () => answers(tenant),
      (all) => all.every((answer) => answer === wanted),
      WITHIN_MS,
    );
  await eventually(
    () => answers(tenant),
    (all) => all.every((answer) => answer === "accepted"),
  );
  const { workflow_id: id } = await world.admin.post<{ workflow_id: string }>(
    "/api/v2/workflows/suspension",
    {
      input: {
        tenantId: tenant.tenantId,
        cause: "person",
        walletId: null,
        graceSeconds: 0,
        reason: "a drill",
        actor: "Kim",
      },
    },
  );
  await isStatus("suspended");
  await become("suspended");
  await world.admin.post(`/api/v2/workflows/runs/${id}/updates/reinstate`, {
    input: { actor: "Kim", reason: "the drill is over" },
  });
  await isStatus("active");
  await become("accepted");
}, 120_000);
