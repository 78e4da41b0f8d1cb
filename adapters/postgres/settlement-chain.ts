import type { SignedReport } from "#domain/settlement/report.ts";
import { onPostgres, type Pool } from "./pool.ts";
import { REPORT, reportOf, type ReportRow } from "./settlement-record.ts";

/** A report is some kilobytes, with many differences some hundred. */
const REPORTS_PER_PAGE = 50;

/** Every report in the order of the chain, a page in memory at a time. */
export async function* settlementChain(pool: Pool): AsyncGenerator<SignedReport> {
  for (let after = 0; ;) {
    const { rows }: { rows: ReportRow[] } = await onPostgres(() =>
      pool.query<ReportRow>(`${REPORT} WHERE position > $1 ORDER BY position LIMIT ${REPORTS_PER_PAGE}`, [
        after,
      ]),
    );
    for (const row of rows) yield reportOf(row);
    if (rows.length < REPORTS_PER_PAGE) return;
    after = Number(rows.at(-1)?.position);
  }
}
