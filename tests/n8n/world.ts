import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { bringWorkflow, signInAsOwner } from "../../scripts/n8n/furnish.ts";
import type { Canvas } from "../../scripts/n8n/canvases.ts";
import type { N8nClient } from "../../scripts/n8n/client.ts";
import { onboard, type OnboardedTenant } from "../../scripts/demo/onboard.ts";
import { createRest, type Rest } from "../../scripts/demo/rest.ts";
import type { Environment } from "../../scripts/environment.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";
import { eventually, rateCard } from "../pipeline/world.ts";

/** What n8n's list of executions tells of one. */
export interface Execution {
  readonly id: string;
  readonly status: "new" | "running" | "waiting" | "success" | "error" | "crashed" | "canceled" | "unknown";
}

/** A row of the table `journal`, in which the canvases write down what they did. */
export interface JournalRow {
  readonly kind: string;
  readonly tenant_id: string;
  readonly subject: string;
  readonly detail: string;
}

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly attachments: readonly { readonly name: string }[];
}

export interface N8nWorld {
  readonly environment: Environment;
  readonly admin: Rest;
  readonly n8n: N8nClient;
  /** Makes names that no other test of this environment has. */
  unique(name: string): string;
  tenant(name: string, changes?: Readonly<Record<string, unknown>>): Promise<OnboardedTenant>;
  /** Calls a published webhook of a canvas. */
  call(path: string, body: unknown): Promise<Response>;
  /** Presses Execute at the trigger of this name. @returns the execution's id. */
  execute(workflowId: string, trigger: string): Promise<string>;
  executions(workflowId: string): Promise<readonly Execution[]>;
  execution(id: string): Promise<Execution>;
  /** Rows that the canvases wrote down, of all tenants where none is named. */
  journal(kind: string, tenantId?: string): Promise<readonly JournalRow[]>;
  /** How often an execution of a test's own canvas came to its end for this tenant, and with what. */
  outcomes(tenantId: string): Promise<readonly { readonly detail: string }[]>;
  /** The mail of this subject, once it is there. */
  mail(subject: string): Promise<Mail>;
  /** Brings a canvas of the test's own and publishes it. */
  bring(canvas: Canvas): Promise<void>;
  close(): Promise<void>;
}

/** Three delivered messages of yesterday noon (UTC): what a period that has ended is invoiced for. */
export async function useYesterday(admin: Rest, tenantId: string): Promise<void> {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const event = {
    event_type: "sms.delivered",
    channel: "sms",
    tenant_id: tenantId,
    destination: "GB",
    units: 3,
    timestamp: `${yesterday}T12:00:00Z`,
  };
  await admin.post("/api/v2/usage-events", event, { "idempotency-key": tenantId });
}

export async function attachN8n(): Promise<N8nWorld> {
  const environment = await attachTestEnvironment();
  const { urls, secrets } = environment;
  const admin = createRest(urls.gateway, secrets.adminToken);
  const client = await signInAsOwner(urls.n8n, secrets);
  const flows = new Client({
    connectionString: `postgres://n8n_flows:${secrets.n8nFlowsPassword}@127.0.0.1:${environment.ports.postgres}/n8n_flows`,
  });
  await flows.connect();
  const unique = (name: string): string => `${name}-${randomBytes(4).toString("hex")}`.toUpperCase();
  return {
    environment,
    admin,
    n8n: client,
    unique,
    async tenant(name, changes = {}) {
      const tenantId = unique(name);
      await admin.post("/api/v2/rate-cards", rateCard(`RC-${tenantId}`, "0.03"));
      const body = { tenant_id: tenantId, name: tenantId, email: `${tenantId}@n8n.test`.toLowerCase() };
      return onboard(admin, { ...body, country: "GB", rate_card_id: `RC-${tenantId}`, ...changes });
    },
    call: (path, body) =>
      fetch(`${urls.n8n}/webhook/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    async execute(workflowId, trigger) {
      const run = { triggerToStartFrom: { name: trigger } };
      return (await client.post<{ executionId: string }>(`/workflows/${workflowId}/run`, run)).executionId;
    },
    async executions(workflowId) {
      const filter = encodeURIComponent(JSON.stringify({ workflowId }));
      const { results } = await client.get<{ results: readonly Execution[] }>(`/executions?filter=${filter}`);
      return results;
    },
    execution: (id) => client.get(`/executions/${id}`),
    async journal(kind, tenantId) {
      if (!(await hasTable(flows, "journal"))) return [];
      const { rows } = await flows.query<JournalRow>(
        "SELECT kind, tenant_id, subject, detail FROM journal WHERE kind = $1 AND ($2::text IS NULL OR tenant_id = $2)",
        [kind, tenantId ?? null],
      );
      return rows;
    },
    async outcomes(tenantId) {
      if (!(await hasTable(flows, "outcomes"))) return [];
      const query = "SELECT detail FROM outcomes WHERE tenant_id = $1";
      return (await flows.query<{ detail: string }>(query, [tenantId])).rows;
    },
    async mail(subject) {
      const find = async (): Promise<Mail | undefined> => {
        const { messages } = (await (await fetch(`${urls.smtpInbox}/messages`)).json()) as {
          messages: readonly Mail[];
        };
        return messages.find((one) => one.subject === subject);
      };
      return (await eventually(find, (found) => found !== undefined)) as Mail;
    },
    bring: (canvas) => bringWorkflow(client, canvas),
    close: () => flows.end(),
  };
}

/** The canvases make their tables when they first write. */
async function hasTable(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query("SELECT to_regclass($1) IS NOT NULL AS known", [name]);
  return (rows[0] as { known: boolean }).known;
}

/** The execution's state once it has ended, or waits where that is wanted. */
export function settled(world: N8nWorld, id: string, limitMs = 90_000): Promise<Execution> {
  const over = new Set(["success", "error", "crashed", "canceled"]);
  return eventually(
    () => world.execution(id),
    ({ status }) => over.has(status),
    limitMs,
  );
}
