import type { Clock } from "#domain/clock.ts";
import type { ClosedRuns, FlowRun } from "#domain/flows/runs.ts";
import type { AnnouncedEnd, AnnouncedRuns } from "#domain/webhooks/ports.ts";

/** The server's list lags behind: what ended so long before the last one that was announced is looked for again. */
const LAG_MS = 60_000;
/** Looked at in one go, so that catching up after an outage takes bounded memory. */
const STRETCH_MS = 600_000;

/** Announces the ends of runs since the last time, the oldest first: killed anywhere, it goes on there. Returns how many. */
export async function announceEnds(
  closed: ClosedRuns,
  announced: AnnouncedRuns,
  clock: Clock,
): Promise<number> {
  const upTo = await announced.upTo();
  if (upTo === null) return 0;
  const now = clock.now();
  let count = 0;
  for (let from = upTo - LAG_MS; from <= now; from += STRETCH_MS) {
    const runs = await closed.between(from, from + STRETCH_MS);
    const ends = runs.filter(({ closedAt }) => closedAt !== null).sort((a, b) => a.closedAt! - b.closedAt!);
    if (ends.length > 0) count += await announced.announce(ends.map(endOf));
  }
  return count;
}

function endOf({
  runId,
  workflowId,
  flow,
  tenantId,
  status,
  closedAt,
  attributes,
  url,
}: FlowRun): AnnouncedEnd {
  return {
    runId,
    event: {
      id: `run:${runId}:ended`,
      type: "workflow.completed",
      tenantId,
      at: closedAt!,
      data: {
        workflow: flow,
        workflow_id: workflowId,
        run_id: runId,
        status,
        n8n_execution_id: attributes.n8nExecutionId,
        link: url,
      },
    },
  };
}
