import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from "n8n-workflow";
import { toInput } from "../fields/json-schema";
import { readWaitingInput } from "../fields/mapped-input";
import { call, path } from "../gateway/call";
import { flow, type JsonSchema, message } from "../gateway/catalog";
import { problemIn, remedyOf, type Problem } from "../gateway/problem";
import { resumed, resumedFailed, waitingFor } from "../gateway/resume";
import { closingPage, PAGE_HEADERS, questionPage } from "./page";
import { answerOf, type Question, questionOf } from "./question";

/** All that a page is about. */
interface Approval {
  readonly title: string;
  readonly message: string;
  readonly workflowId: string;
  readonly updateName: string;
  readonly schema: JsonSchema | null;
  readonly preset: Readonly<Record<string, unknown>>;
  readonly question: Question;
  /** Tells this question from another one of the same execution. */
  readonly questionId: string;
}

/** GET of the resume URL: the question. The execution goes on waiting. */
export async function ask(context: IWebhookFunctions): Promise<IWebhookResponseData> {
  const read = await orProblem(approvalOf(context));
  if ("problem" in read)
    return show(context, 502, closingPage("The question cannot be shown", said(read.problem)));
  return show(context, 200, questionPage({ ...read.value, problem: null }));
}

/** POST of the resume URL: the answer goes to the run as an update, and the execution goes on with it. */
export async function answer(context: IWebhookFunctions): Promise<IWebhookResponseData> {
  const read = await orProblem(approvalOf(context));
  if ("problem" in read)
    return show(context, 502, closingPage("The answer was not taken", said(read.problem)));
  const approval = read.value;
  const form = context.getBodyData();
  if (form.question !== undefined && form.question !== approval.questionId)
    return show(context, 409, closingPage("This was answered already", "There is nothing more to do here."));
  const given = answerOf(approval.question, form);
  const sent = await orProblem(update(context, approval, given));
  if ("problem" in sent) return refused(context, approval, sent.problem);
  const link = await runOf(context, approval.workflowId).then(
    ({ url }) => url ?? null,
    () => null,
  );
  show(
    context,
    200,
    closingPage(approval.title, "Thank you: the answer was taken. You can close this page."),
  );
  const result = {
    workflow_id: approval.workflowId,
    update: approval.updateName,
    answer: given as IDataObject,
    output: sent.value.output ?? null,
    link,
  };
  return { ...resumed(result as IDataObject), noWebhookResponse: true };
}

/** A wrong answer may be corrected; what nobody can answer any more fails the node. */
async function refused(
  context: IWebhookFunctions,
  approval: Approval,
  problem: Problem,
): Promise<IWebhookResponseData> {
  const { workflowId } = approval;
  const run =
    problem.status === 409
      ? await runOf(context, workflowId).catch(() => ({ status: "running" }) as IDataObject)
      : null;
  if (run === null || run.status === "running")
    return show(
      context,
      problem.status === 400 ? 400 : 409,
      questionPage({ ...approval, problem: said(problem) }),
    );
  show(
    context,
    409,
    closingPage("Nobody can answer this any more", `${workflowId} has ended (${run.status}).`),
  );
  const failure = {
    message: `Nobody could answer ${workflowId}: it has ended (${run.status})`,
    description: `Look at the run: ${run.url}`,
    details: { workflow_id: workflowId, status: run.status, link: run.url ?? null },
  };
  return { ...resumedFailed(context, failure), noWebhookResponse: true };
}

/** The same for every answer to one question: the first counts, and a second click is answered with what the first one did. */
function update(
  context: IWebhookFunctions,
  approval: Approval,
  given: Record<string, unknown>,
): Promise<IDataObject> {
  const { workflowId, updateName, schema, preset, questionId } = approval;
  return call(context, {
    method: "POST",
    url: path`/api/v2/workflows/runs/${workflowId}/updates/${updateName}`,
    headers: { "idempotency-key": `approval-${questionId}` },
    body: schema === null ? {} : { input: toInput(schema, { ...preset, ...given }) as IDataObject },
  });
}

async function approvalOf(context: IWebhookFunctions): Promise<Approval> {
  const text = (name: string) => String(context.getNodeParameter(name, "", { extractValue: true }) ?? "");
  const updateName = text("updateName");
  const { input: schema } = message(context, await flow(context, text("workflow")), "updates", updateName);
  const preset = readWaitingInput(context);
  return {
    title: text("title"),
    message: text("message"),
    workflowId: text("workflowId"),
    updateName,
    schema,
    preset,
    question: questionOf(schema, preset),
    questionId: waitingFor(context) ?? text("workflowId"),
  };
}

function runOf(context: IWebhookFunctions, workflowId: string): Promise<IDataObject> {
  return call(context, { url: path`/api/v2/workflows/runs/${workflowId}` });
}

/** What the gateway refuses as a value; other errors are thrown. */
async function orProblem<Value>(
  work: Promise<Value>,
): Promise<{ readonly value: Value } | { readonly problem: Problem }> {
  return work.then(
    (value) => ({ value }),
    (error: Error) => {
      const problem = problemIn(error);
      if (problem === null) return Promise.reject(error);
      return { problem };
    },
  );
}

function said(problem: Problem): string {
  const fields = problem.errors.map(({ path: of, message: what }) => `${of}: ${what}`).join("\n");
  return fields === "" ? `${problem.detail}\n${remedyOf(problem)}` : fields;
}

function show(context: IWebhookFunctions, status: number, html: string): IWebhookResponseData {
  const response = context.getResponseObject();
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
  response.status(status).send(html);
  return { noWebhookResponse: true };
}
