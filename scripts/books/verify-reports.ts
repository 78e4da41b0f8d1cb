import type { Pool } from "#adapters/postgres/pool.ts";
import { settlementChain } from "#adapters/postgres/settlement-chain.ts";
import {
  reportFindings,
  type ReportCrypto,
  type ReportFinding,
  type SignedReport,
} from "#domain/settlement/report.ts";

export interface VerifiedReport {
  readonly report: Pick<SignedReport, "position" | "day" | "revision" | "hash">;
  readonly findings: readonly ReportFinding[];
}

/**
 * Verifies the chain of settlement reports from its beginning: bodies, signatures, and that none was taken out or put in.
 * @param day only what concerns this day's reports is answered; null: all.
 */
export async function verifyReports(
  pool: Pool,
  crypto: ReportCrypto,
  day: string | null,
): Promise<VerifiedReport[]> {
  const verified: VerifiedReport[] = [];
  let before: SignedReport | null = null;
  for await (const report of settlementChain(pool)) {
    if (day === null || report.day === day)
      verified.push({ report, findings: reportFindings(report, before, crypto) });
    before = report;
  }
  return verified;
}
