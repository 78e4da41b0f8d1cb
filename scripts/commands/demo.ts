import { rmSync } from "node:fs";
import { join } from "node:path";
import { runExampleOne, sendLiveMessage, setUpTenantOne, type ExampleOne } from "../demo/example-one.ts";
import { runLoad, type LoadResult } from "../demo/load.ts";
import { onboard } from "../demo/onboard.ts";
import { createRest, type Rest } from "../demo/rest.ts";
import { performSecondAct, type SecondAct } from "../demo/second-act.ts";
import { linkTable, startReporter, statusTable } from "../environment-table.ts";
import { startEnvironment, stopEnvironment, type Environment } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { reconcile, type Reconciliation } from "../reconciliation.ts";
import { print, progress, seconds, table } from "../terminal.ts";
import { loadDotEnv } from "../variables.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";
import { parsePortChoice } from "./up.ts";

const name = "demo";
const usage = `catalyst demo [--exit] [--json] [--messages N] [--first-act] [--data DIR] [--ports BASE|auto] [--no-install]

  --exit        end after the reconciliation instead of staying up until Ctrl-C
  --json        one JSON object with the counts and the reconciliation on standard output
  --messages N  how many messages the second tenant sends (default 20000)
  --first-act   leave the second one out: the invoice, its payment, a low balance, a suspension, a fraud case
  --data DIR    keep the demo's data there (default: .catalyst/demo); emptied at each start
  --ports BASE  consecutive ports from BASE; auto: free ones
  --no-install  install nothing into the system`;

const DEFAULT_MESSAGES = 20_000;

interface DemoReport {
  readonly example_1: ExampleOne;
  readonly messages: LoadResult;
  readonly reconciliation: Reconciliation;
  readonly accepted: number;
  readonly unexplained: number;
  readonly reconciled: boolean;
}

async function run(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const { values } = parseFlags({ name, usage }, args, {
    exit: { type: "boolean" },
    json: { type: "boolean" },
    messages: { type: "string" },
    "first-act": { type: "boolean" },
    data: { type: "string" },
    ports: { type: "string" },
    "no-install": { type: "boolean" },
  });
  const count = Number(values.messages ?? DEFAULT_MESSAGES);
  loadDotEnv();
  const dataDirectory = values.data ?? join(dataDirectoryFrom(undefined), "demo");
  await stopEnvironment(dataDirectory);
  rmSync(dataDirectory, { recursive: true, force: true });
  progress("1. Servers and processes");
  const environment = await startEnvironment({
    dataDirectory,
    ports: parsePortChoice(values.ports),
    allowSystemPackages: !values["no-install"],
    progress,
    onStatus: startReporter(),
  });
  try {
    const status = await environment.status();
    progress(`\n${statusTable(status)}\n`);
    const admin = createRest(environment.urls.gateway, environment.secrets.adminToken);
    const first = await perform(environment, admin, count);
    const second = values["first-act"] ? null : await performSecondAct(environment, admin, progress);
    const report = { ...first, second_act: second };
    if (values.json) print(JSON.stringify(report, null, 2));
    const ok =
      report.reconciled &&
      report.example_1.exact &&
      report.unexplained === 0 &&
      report.second_act?.complete !== false;
    progress(
      ok
        ? `\nEverything adds up (${seconds(performance.now() - started)}).`
        : "\nSomething does not add up: see above.",
    );
    if (second !== null) progress(`\n${flowTable(second)}`);
    progress(`\n${linkTable(environment.urls, new Set(status.processes.map((one) => one.name)))}`);
    if (!values.exit) await untilInterrupted(environment);
    return ok ? 0 : 1;
  } finally {
    await environment.stop();
  }
}

export const command: CatalystCommand = {
  name,
  summary: "the main job, from an empty folder to reconciled books",
  usage,
  run,
};

/** Where each flow of the second act is seen in Temporal's Web UI. */
function flowTable({ invoice, low_balance, suspension, fraud_case }: SecondAct): string {
  return table([
    ["invoicing", invoice.flow],
    ["payment", invoice.payment],
    ["low balance", low_balance.flow],
    ["suspension", suspension.flow],
    ["fraud case", fraud_case.flow],
  ]);
}

async function perform(environment: Environment, admin: Rest, count: number): Promise<DemoReport> {
  const { gateway } = environment.urls;
  progress("2. TENANT-001 is onboarded by a Temporal workflow");
  const { tenant, warnings } = await setUpTenantOne(admin);
  progress(`   watch it: ${tenant.workflowUrl ?? "(no link)"}`);
  progress(`3. Rate card RC-TENANT-001 is stored (${warnings} warnings) and attached; the wallet holds $100`);
  progress("4. The guide's Example 1");
  const example = await runExampleOne(admin);
  for (const line of example.explanation) progress(`   ${line}`);
  progress(
    `   balance ${example.balance_before} → ${example.balance_after} (${example.exact ? "exact" : "WRONG"})`,
  );
  const live = await sendLiveMessage(gateway, tenant);
  progress(
    `   one live message: ${live.timeline.map(({ state, at }) => `${state} ${at.slice(11, 23)}`).join(" → ")}`,
  );
  progress(`5. A second tenant sends ${count.toLocaleString("en")} messages, half by REST, half by SMPP`);
  const load = await loadByTenantTwo(environment, admin, count);
  progress(`   ${load.accepted} accepted in ${load.seconds} s (${load.tps} msg/s end to end)`);
  progress("6. Reconciliation");
  const reconciliation = await reconcile(environment.urls.postgres, environment.urls.redis, "TENANT-002");
  printReconciliation(reconciliation);
  const stored = Object.values(reconciliation.messages).reduce((sum, one) => sum + one, 0);
  return {
    example_1: example,
    messages: load,
    reconciliation,
    accepted: load.accepted,
    unexplained: Math.abs(load.accepted - stored) + reconciliation.open + reconciliation.unexplained_charges,
    reconciled: reconciliation.reconciled && stored === load.accepted && load.accepted === count,
  };
}

/** The demo's traffic repeats 1,000 numbers; more a minute to one of them than a person would get is meant here. */
const PER_DESTINATION_PER_MINUTE = 10_000;

async function loadByTenantTwo(environment: Environment, admin: Rest, count: number): Promise<LoadResult> {
  const tenant = await onboard(admin, {
    tenant_id: "TENANT-002",
    name: "Globex Alerts",
    email: "noc@globex.example",
    timezone: "Europe/London",
    country: "GB",
    tax_rate: "20",
    rate_card_id: "RC-TENANT-001",
    firewall: { blocked_keywords: ["lottery"], per_destination_per_minute: PER_DESTINATION_PER_MINUTE },
  });
  await admin.post(
    "/api/v2/tenants/TENANT-002/top-ups",
    { amount: "1000.00" },
    { "idempotency-key": "demo-top-up-2" },
  );
  return runLoad(environment, tenant, count);
}

function printReconciliation(books: Reconciliation): void {
  progress(
    `   final states: ${Object.entries(books.messages)
      .map(([state, n]) => `${state} ${n}`)
      .join(", ")}; open ${books.open}`,
  );
  progress(
    `   delivered parts ${books.delivered_parts} = charged parts ${books.charged_parts}; unexplained ${books.unexplained_charges}`,
  );
  progress(
    `   ledger ${books.ledger_balance} = sum of entries ${books.ledger_sum} = wallet ${books.wallet_balance}; reserved ${books.wallet_reserved}`,
  );
  progress(`   ${books.reconciled ? "reconciled to the last digit" : "NOT RECONCILED"}`);
}

function untilInterrupted(environment: Environment): Promise<void> {
  progress(`Ctrl-C stops everything on ${environment.dataDirectory}`);
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => {}, 60_000);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        clearInterval(keepAlive);
        resolve();
      });
    }
  });
}
