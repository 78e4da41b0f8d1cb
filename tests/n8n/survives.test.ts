import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "../pipeline/world.ts";
import { plainCanvas, waitingCanvas } from "./canvases-of-tests.ts";
import { attachN8n, settled, type N8nWorld } from "./world.ts";

const waiting = waitingCanvas("testWaiting");

let world: N8nWorld;
beforeAll(async () => {
  world = await attachN8n();
  await world.bring(waiting);
}, 60_000);
afterAll(() => world.close());

/** Calls the canvas for a tenant of its own. @returns the tenant and the execution, once it has gone so far. */
async function begin(
  canvasId: string,
  status: "waiting" | "running",
): Promise<{ tenantId: string; id: string }> {
  const { tenantId } = await world.tenant("LIVES");
  const before = new Set((await world.executions(canvasId)).map(({ id }) => id));
  expect((await world.call(canvasId, { tenant_id: tenantId })).status).toBe(200);
  const begun = await eventually(
    async () => (await world.executions(canvasId)).find(({ id }) => !before.has(id)),
    (found) => found?.status === status,
  );
  await suspended(tenantId);
  return { tenantId, id: begun?.id ?? "" };
}

const suspended = (tenantId: string): Promise<unknown> =>
  eventually(
    () => world.admin.get<{ status: string }>(`/api/v2/tenants/${tenantId}`),
    ({ status }) => status === "suspended",
  );

/** Ends the suspension that the execution waits for: asked again while the worker that was killed is coming back. */
async function reinstate(tenantId: string): Promise<void> {
  const path = `/api/v2/workflows/runs/suspension-${tenantId}/updates/reinstate`;
  const update = { input: { actor: "Kim", reason: "a test" } };
  await eventually(
    () =>
      world.admin.post(path, update).then(
        () => "taken",
        (error: Error) => error.message,
      ),
    (outcome) => outcome === "taken",
    90_000,
  );
}

/** kill -9, of all at once; answers when their successors are healthy. */
async function kill(...names: readonly string[]): Promise<void> {
  const { environment } = world;
  const before = await Promise.all(names.map((name) => environment.pid(name)));
  await Promise.all(names.map((name) => environment.kill(name, "SIGKILL")));
  for (const [index, name] of names.entries()) {
    await eventually(
      async () => (await environment.status()).processes.find((one) => one.name === name),
      (one) => one?.health === "healthy" && one.pid !== before[index],
      120_000,
    );
  }
}

async function endsOnce({ tenantId, id }: { tenantId: string; id: string }): Promise<void> {
  expect(await settled(world, id)).toMatchObject({ status: "success" });
  expect(await world.outcomes(tenantId)).toEqual([{ detail: "reinstated" }]);
}

test("kill -9 of n8n while an execution waits: the run ends meanwhile, the execution once, with the result", async () => {
  const execution = await begin(waiting.id, "waiting");
  const killed = kill("n8n");
  await reinstate(execution.tenantId);
  await killed;
  await endsOnce(execution);
}, 180_000);

test("kill -9 of the worker, then of both at once", async () => {
  const first = await begin(waiting.id, "waiting");
  const second = await begin(waiting.id, "waiting");
  await kill("flows");
  await reinstate(first.tenantId);
  await endsOnce(first);
  await kill("n8n", "flows");
  await reinstate(second.tenantId);
  await endsOnce(second);
}, 240_000);

test("the same steps by n8n's own nodes end with the process that carried them", async () => {
  const plain = plainCanvas("testPlain", world.environment.urls.gateway);
  await world.bring(plain);
  const execution = await begin(plain.id, "running");
  await kill("n8n");
  await reinstate(execution.tenantId);
  expect(await settled(world, execution.id)).toMatchObject({ status: "crashed" });
  expect(await world.outcomes(execution.tenantId)).toEqual([]);
}, 180_000);
