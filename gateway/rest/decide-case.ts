import type { CaseDecision, CaseDecisionKind, FraudCase } from "#domain/fraud/ports.ts";
import { DECIDE, type DecideInput, fraudCaseState } from "#workflows/fraud-case/api.ts";
import type { GatewayDependencies } from "./dependencies.ts";
import { ProblemError } from "./problems.ts";

export interface AskedDecision {
  readonly decision: CaseDecisionKind;
  readonly actor: string;
  readonly reason: string;
  readonly note: string | null;
}

/**
 * Hands a person's decision to the case's flow; answers the case with what is decided now, which is another person's word where that came
 * first. Throws `not_found`, and `conflict` where no flow is left to do it.
 */
export async function decideCase(
  { fraud, flows, newId }: Pick<GatewayDependencies, "fraud" | "flows" | "newId">,
  caseId: string,
  asked: AskedDecision,
): Promise<FraudCase & { readonly decision: CaseDecision }> {
  const before = await fraud.cases.find(caseId);
  if (before === null) throw noSuchCase(caseId);
  if (before.decision !== null) return { ...before, decision: before.decision };
  const run = await flows.describe(before.workflowId);
  const input: DecideInput = { caseId, ...asked };
  const sent = run === null ? null : await flows.update(run, DECIDE, input, newId());
  const said = sent?.kind === "done" ? fraudCaseState.safeParse(sent.output).data?.decision : null;
  if (said !== null && said !== undefined) return { ...before, status: "decided", decision: said };
  const after = await fraud.cases.find(caseId);
  if (after !== null && after.decision !== null) return { ...after, decision: after.decision };
  const because = sent?.kind === "refused" ? sent.message : "its flow was ended from outside";
  throw new ProblemError("conflict", `${caseId} cannot be decided: ${because}.`);
}

export function noSuchCase(caseId: string): ProblemError {
  return new ProblemError("not_found", `There is no fraud case ${caseId}.`);
}
