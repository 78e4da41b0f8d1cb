import { readFileSync } from "node:fs";
import type { AuditFinding, AuditHead, AuditedTenant } from "#adapters/postgres/audit-findings.ts";
import { auditHeads, verifyAuditChains } from "#adapters/postgres/audit-verifier.ts";
import { createPool } from "#adapters/postgres/pool.ts";
import { sayingWhatIsAway } from "../books/unreachable.ts";
import { attachEnvironment, type Environment } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { print, progress, seconds, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "audit";
const usage = `catalyst audit verify|heads [--tenant ID] [--against FILE] [--data DIR] [--json]

  verify  computes every tenant's hash chain again from the ledger as it stands, and names each entry and
          transaction that was edited, deleted, inserted or truncated since it was chained
  heads   prints the end of every chain as JSON. Keep it elsewhere: verify --against FILE then proves that the
          chains of that day still stand, even against somebody who put back an old state of the whole database
  Exit code 0: all is as it was written. 1: something was touched.`;

const PROGRESS_EVERY_MS = 2_000;
/** Findings that are printed; all are counted. */
const SHOWN_MAX = 1_000;

type Flags = ReturnType<typeof readFlags>;

function readFlags(args: readonly string[]) {
  const { values, positionals } = parseFlags(
    { name, usage },
    args,
    {
      tenant: { type: "string" },
      against: { type: "string" },
      data: { type: "string" },
      json: { type: "boolean" },
    },
    true,
  );
  const [action, ...rest] = positionals;
  if ((action !== "verify" && action !== "heads") || rest.length > 0)
    throw new UsageError(
      `catalyst audit takes one of verify, heads; not ${positionals.join(" ") || "nothing"}`,
    );
  return {
    action,
    tenantId: values.tenant ?? null,
    anchors: values.against === undefined ? new Map<string, AuditHead>() : readAnchors(values.against),
    data: values.data,
    json: values.json === true,
  };
}

async function run(args: readonly string[]): Promise<number> {
  const flags = readFlags(args);
  const environment = await attachEnvironment(dataDirectoryFrom(flags.data));
  const pool = createPool(environment.urls.postgres, "catalyst-audit");
  try {
    return await sayingWhatIsAway(() =>
      flags.action === "verify" ? verify(environment, pool, flags) : heads(pool, flags),
    );
  } finally {
    await pool.end();
  }
}

export const command: CatalystCommand = {
  name,
  summary: "the ledger's hash chain: find what was edited, deleted or inserted",
  usage,
  run,
};

async function heads(pool: ReturnType<typeof createPool>, flags: Flags): Promise<number> {
  const ends = await auditHeads(pool, flags.tenantId);
  print(JSON.stringify(ends.map(headBody), undefined, flags.json ? undefined : 2));
  return 0;
}

async function verify(
  { secrets }: Environment,
  pool: ReturnType<typeof createPool>,
  flags: Flags,
): Promise<number> {
  const shown: AuditFinding[] = [];
  let found = 0;
  const began = performance.now();
  let told = began;
  const tenants = await verifyAuditChains(pool, {
    tenantId: flags.tenantId,
    sealKey: secrets.secretKey,
    now: Date.now(),
    anchors: flags.anchors,
    onFinding: (finding) => {
      found += 1;
      if (shown.length < SHOWN_MAX) shown.push(finding);
      if (!flags.json && found <= SHOWN_MAX) progress(lineOf(finding));
    },
    onProgress: (rows) => {
      if (performance.now() - told < PROGRESS_EVERY_MS) return;
      told = performance.now();
      progress(`${rows} rows verified in ${seconds(told - began)}`);
    },
  });
  if (flags.tenantId !== null && found === 0 && tenants.every(({ rows, waiting }) => rows + waiting === 0))
    throw new UsageError(`the books hold nothing of tenant ${flags.tenantId}`, 1);
  if (flags.json) {
    const body = tenants.map((tenant) => ({
      tenant_id: tenant.tenantId,
      blocks: tenant.blocks,
      rows: tenant.rows,
      waiting: tenant.waiting,
      head: tenant.head === null ? null : headBody(tenant.head),
    }));
    print(JSON.stringify({ intact: found === 0, tenants: body, found, findings: shown.map(findingBody) }));
  } else {
    print(summaryTable(tenants));
    const time = seconds(performance.now() - began);
    print(
      found === 0
        ? `\nEvery chain is intact (${time}).`
        : `\n${found} findings (${time}): the books were touched.`,
    );
  }
  return found === 0 ? 0 : 1;
}

function summaryTable(tenants: readonly AuditedTenant[]): string {
  return table([
    ["TENANT", "BLOCKS", "ROWS", "WAITING", "HEAD"],
    ...tenants.map(({ tenantId, blocks, rows, waiting, head }) => [
      tenantId,
      String(blocks),
      String(rows),
      String(waiting),
      head === null ? "-" : `${head.position} ${head.hash.slice(0, 16)}`,
    ]),
  ]);
}

function lineOf({ kind, tenantId, source, position, detail }: AuditFinding): string {
  const place = [source, position === null ? null : `block ${position}`].filter((part) => part !== null);
  return `${kind}  ${tenantId}${place.length === 0 ? "" : ` ${place.join(", ")}`}: ${detail}`;
}

/** In the wire's style. */
function findingBody({ kind, tenantId, position, source, first, last, detail }: AuditFinding) {
  return {
    kind,
    tenant_id: tenantId,
    block: position?.toString() ?? null,
    source,
    first_row: first?.toString() ?? null,
    last_row: last?.toString() ?? null,
    detail,
  };
}

function headBody({ tenantId, position, hash }: AuditHead) {
  return { tenant_id: tenantId, position: position.toString(), hash };
}

/** What `heads` printed before. */
function readAnchors(file: string): Map<string, AuditHead> {
  let heads: unknown;
  try {
    heads = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (!Array.isArray(heads)) throw new UsageError(`${file} is not what catalyst audit heads prints`);
  return new Map(heads.map((head: unknown) => anchorOf(file, head)).map((head) => [head.tenantId, head]));
}

function anchorOf(file: string, value: unknown): AuditHead {
  const { tenant_id: tenantId, position, hash } = (value ?? {}) as Record<string, unknown>;
  if (
    typeof tenantId !== "string" ||
    typeof hash !== "string" ||
    !/^\d{1,18}$/.test(typeof position === "string" ? position : "")
  )
    throw new UsageError(`${file} is not what catalyst audit heads prints`);
  return { tenantId, position: BigInt(position as string), hash };
}
