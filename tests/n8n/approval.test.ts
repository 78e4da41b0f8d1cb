import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "../pipeline/world.ts";
import { approvalCanvas, pressed, shortApprovalCanvas } from "./canvases-of-tests.ts";
import { outcomeOf } from "./executions.ts";
import { suspendWithRun } from "./operations/made.ts";
import { attachN8n, settled, type N8nWorld } from "./world.ts";

let world: N8nWorld;
let first: string;
let second: string;
let executionId: string;
/** Of the question that nobody answers in time. */
let unansweredId: string;
/** Where the person answers. */
let link: string;

beforeAll(async () => {
  world = await attachN8n();
  const tenants = await Promise.all([world.tenant("FIRST"), world.tenant("SECOND")]);
  [first, second] = [tenants[0].tenantId, tenants[1].tenantId];
  await Promise.all([first, second].map((tenantId) => suspendWithRun(world.admin, tenantId)));
  const canvas = approvalCanvas("testApproval", first, second);
  await world.n8n.post("/workflows", canvas);
  executionId = await world.execute(canvas.id, pressed);
  const short = shortApprovalCanvas("testShortApproval", second);
  await world.n8n.post("/workflows", short);
  unansweredId = await world.execute(short.id, pressed);
  await eventually(
    () => world.execution(executionId),
    ({ status }) => status === "waiting",
  );
  const [shown] = (await outcomeOf(world, executionId)).rounds("Where it is answered");
  link = String(shown?.[0]?.json["link"]);
}, 90_000);
afterAll(() => world.close());

const page = async (): Promise<string> => (await fetch(link)).text();

async function answer(
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly page: string }> {
  const response = await fetch(link, { method: "POST", body: new URLSearchParams(fields) });
  return { status: response.status, page: await response.text() };
}

const questionIn = (html: string): string => /name="question" value="([^"]+)"/.exec(html)?.[1] ?? "";

const runOf = (tenantId: string): Promise<{ status: string; url: string }> =>
  world.admin.get(`/api/v2/workflows/runs/suspension-${tenantId}`);

test("what the flow refuses is said on the page, and may be answered again", async () => {
  const asked = await page();
  expect(asked).toContain("First?");
  expect(await answer({ question: questionIn(asked), reason: "" })).toMatchObject({
    status: 400,
    page: expect.stringContaining("input.reason: "),
  });
  expect(await runOf(first)).toMatchObject({ status: "running" });
  expect(await world.execution(executionId)).toMatchObject({ status: "waiting" });
});

test("a second click on a page that was answered changes nothing, also where the execution waits again", async () => {
  const question = questionIn(await page());
  const reinstate = { question, reason: "signed again" };
  expect(await answer(reinstate)).toMatchObject({ status: 200 });
  await eventually(page, (html) => html.includes("Second?"));
  expect(await answer(reinstate)).toMatchObject({
    status: 409,
    page: expect.stringContaining("This was answered already"),
  });
  expect(await runOf(second)).toMatchObject({ status: "running" });
  expect(await world.execution(executionId)).toMatchObject({ status: "waiting" });
});

test("a question that nobody can answer any more goes on as an error, and so does one that nobody ever could", async () => {
  const asked = await page();
  await world.admin.post(`/api/v2/workflows/runs/suspension-${second}/terminate`, { reason: "a test" });
  expect(await answer({ question: questionIn(asked), reason: "too late" })).toMatchObject({
    status: 409,
    page: expect.stringContaining("Nobody can answer this any more"),
  });
  expect(await settled(world, executionId)).toMatchObject({ status: "success" });
  const outcome = await outcomeOf(world, executionId);
  const { url } = await runOf(first);
  expect(outcome.rounds("First")).toMatchObject([
    [
      {
        json: {
          workflow_id: `suspension-${first}`,
          update: "reinstate",
          answer: { reason: "signed again" },
          output: { status: "reinstated" },
          link: url,
        },
      },
    ],
  ]);
  expect(outcome.rounds("Second")).toMatchObject([
    [
      {
        json: {
          error: `Nobody could answer suspension-${second}: it has ended (terminated)`,
          details: { workflow_id: `suspension-${second}`, status: "terminated" },
        },
      },
    ],
  ]);
  expect(outcome.rounds("Third")).toMatchObject([
    [{ json: { error: `suspension-${second} has ended (terminated): nobody can answer it` } }],
  ]);
});

test("a question that nobody answers in time goes on with its input, and the flow is left as it was", async () => {
  expect(await settled(world, unansweredId)).toMatchObject({ status: "success" });
  const outcome = await outcomeOf(world, unansweredId);
  const [asked] = outcome.rounds("Where it is answered");
  const [unanswered] = outcome.rounds("In vain");
  expect(unanswered?.map(({ json }) => json)).toEqual(asked?.map(({ json }) => json));
}, 120_000);
