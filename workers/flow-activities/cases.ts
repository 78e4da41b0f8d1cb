import { createWebhookClient } from "#adapters/http/webhook-client.ts";
import { createCaseTraffic } from "#adapters/postgres/case-traffic.ts";
import { createCorrections } from "#adapters/postgres/corrections.ts";
import { createFraudCases } from "#adapters/postgres/fraud-cases.ts";
import { workflowLink } from "#adapters/temporal/client.ts";
import { activityProgress } from "#adapters/temporal/progress.ts";
import { createFraudCaseActivities } from "#activities/fraud-case.ts";
import { Unavailable } from "#domain/errors.ts";
import type { OperatorWebhook } from "#domain/fraud/ports.ts";
import { createCaseLinks } from "#platform/case-links.ts";
import { signedHeaders } from "#platform/webhook-signatures.ts";
import type { ProcessContext } from "../process-context.ts";
import type { FlowsContext } from "./context.ts";

const WEBHOOK_TIMEOUT_MS = 15_000;

/** Activities of the queue `cases`. */
export function casesActivities({
  process,
  tenants,
  announcements,
  mailer,
  temporal,
  announced,
}: FlowsContext): object {
  const { config, pool, clock } = process;
  const cases = createFraudCases(pool);
  const activities = createFraudCaseActivities({
    cases,
    traffic: createCaseTraffic(pool),
    tenants,
    announcements,
    corrections: createCorrections(pool),
    mailer,
    webhook: operatorWebhook(process),
    links: createCaseLinks(config.secretKey, config.gateway.publicUrl),
    emails: config.fraud.emails,
    slaMinutes: config.fraud.slaMinutes,
    flowLink: (workflowId) => workflowLink(temporal.config, workflowId),
    progress: activityProgress,
    clock,
  });
  return { ...activities, ...announced.fraudCases(activities, cases) };
}

/** Signed as tenants' webhooks are. What the endpoint will not take however often it is called counts as refused. */
function operatorWebhook({ config, clock, lifecycle }: ProcessContext): OperatorWebhook | null {
  const { webhook } = config.operator;
  if (webhook === null) return null;
  const sender = createWebhookClient({ allowedNetworks: config.webhookAllowedNetworks, clock });
  lifecycle.register({ name: "operator webhook client", close: () => sender.close() });
  return {
    async post(id, type, data) {
      const body = JSON.stringify({ type, timestamp: new Date(clock.now()).toISOString(), data });
      const headers = signedHeaders(webhook.secret, id, clock.now(), body);
      if (headers === null) return "OPERATOR_WEBHOOK_SECRET is not base64";
      const answer = await sender.post(webhook.url, headers, body, WEBHOOK_TIMEOUT_MS);
      if (answer.kind === "refused") return answer.reason;
      if (answer.kind === "failed") throw new Unavailable("operator webhook", { cause: answer.reason });
      if (answer.status >= 200 && answer.status < 300) return null;
      if (answer.status === 410) return "status 410";
      throw new Unavailable("operator webhook", { cause: `status ${answer.status}` });
    },
  };
}
