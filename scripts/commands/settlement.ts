import { readFileSync } from "node:fs";
import { createPool } from "#adapters/postgres/pool.ts";
import { settlementDay } from "#domain/settlement/day.ts";
import type { SettlementKey } from "#domain/settlement/ports.ts";
import { createReportCrypto, createReportSigner, readSettlementKey } from "#platform/settlement-signer.ts";
import { sayingWhatIsAway } from "../books/unreachable.ts";
import { verifyReports, type VerifiedReport } from "../books/verify-reports.ts";
import { attachEnvironment } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { print, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "settlement";
const usage = `catalyst settlement verify [DAY] [--public-key FILE]… [--data DIR] [--json]

  Verifies the signed reports of settled days from the first on: the body against its hash, the signature, and the chain
  that names each report's predecessor. Trusts the platform's own key and the ones given (PEM, as GET
  /api/v2/settlements/public-key shows it), never one from the database.
  Exit code 0: all is as it was signed. 1: something was touched, or DAY has no report.`;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(
    { name, usage },
    args,
    {
      "public-key": { type: "string", multiple: true },
      data: { type: "string" },
      json: { type: "boolean" },
    },
    true,
  );
  const [action, day = null, ...rest] = positionals;
  if (action !== "verify" || rest.length > 0)
    throw new UsageError(`catalyst settlement takes verify [DAY]; not ${positionals.join(" ") || "nothing"}`);
  if (day !== null && settlementDay(day) === null)
    throw new UsageError(`${day} is no day: write it as 2026-11-26`);
  const given = (values["public-key"] ?? []).map(keyIn);
  const { urls, secrets, variables } = await attachEnvironment(dataDirectoryFrom(values.data));
  const own = createReportSigner(secrets.secretKey, variables["SETTLEMENT_SIGNING_KEY"] || null).publicKey;
  const pool = createPool(urls.postgres, "catalyst-settlement");
  try {
    return await sayingWhatIsAway(async () =>
      told(await verifyReports(pool, createReportCrypto([own, ...given]), day), day, values.json === true),
    );
  } finally {
    await pool.end();
  }
}

export const command: CatalystCommand = {
  name,
  summary: "the reports of settled days: find what was edited, forged or taken out",
  usage,
  run,
};

function keyIn(file: string): SettlementKey {
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const key = readSettlementKey(pem);
  if (key === null) throw new UsageError(`${file} is no Ed25519 public key in PEM`);
  return key;
}

function told(verified: readonly VerifiedReport[], day: string | null, json: boolean): number {
  if (day !== null && verified.length === 0) throw new UsageError(`${day} is not settled`, 1);
  const touched = verified.filter(({ findings }) => findings.length > 0).length;
  if (json) print(JSON.stringify({ intact: touched === 0, reports: verified.map(bodyOf) }));
  else {
    print(
      table([
        ["POSITION", "DAY", "REVISION", "HASH", ""],
        ...verified.map(({ report, findings }) => [
          String(report.position),
          report.day,
          String(report.revision),
          report.hash.slice(0, 16),
          findings.join(", ") || "intact",
        ]),
      ]),
    );
    print(
      touched === 0
        ? `\n${verified.length} reports are as they were signed.`
        : `\n${touched} of ${verified.length} reports were touched.`,
    );
  }
  return touched === 0 ? 0 : 1;
}

function bodyOf({ report, findings }: VerifiedReport) {
  const { position, day, revision, hash } = report;
  return { position, day, revision, hash, findings };
}
