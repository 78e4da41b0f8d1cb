import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { chainLedger } from "#adapters/postgres/audit-chainer.ts";
import type { AuditFinding } from "#adapters/postgres/audit-findings.ts";
import { verifyAuditChains } from "#adapters/postgres/audit-verifier.ts";
import { createCorrections } from "#adapters/postgres/corrections.ts";
import { createReRatingWork } from "#adapters/postgres/re-rating-work.ts";
import { createReRatings } from "#adapters/postgres/re-ratings.ts";
import { billingEvent, type BillingEvent } from "#domain/events/billing-event.ts";
import { formatMoney } from "#domain/money/money.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import { postCorrections } from "#pipeline/books/post-corrections.ts";
import { runReRatings } from "#pipeline/books/run-re-ratings.ts";
import { uuidv7 } from "../gateway/uuidv7.ts";
import {
  entriesOf,
  entry,
  log,
  NOW,
  openWallet,
  parsed,
  startBilling,
  tenant,
  usage,
  wallet,
  world,
  type BillingServers,
} from "./world.ts";

let servers: BillingServers;
beforeAll(async () => {
  servers = await startBilling();
}, 60_000);
afterAll(() => servers?.stop());

const CARD = (rate: number): string =>
  JSON.stringify({
    rate_card_id: "RC",
    name: "Test",
    currency: "USD",
    effective_date: "2024-01-01",
    rates: { sms: { base_rate: rate } },
  });

test("charged, refunded, re-rated: every account adds up, and the chain covers it all", async () => {
  const { pool } = servers.postgres;
  await openWallet(servers, "whole");
  const configuration = tenant([wallet("whole")], {
    partner: { partnerId: "P-1", commissionPercent: "10", of: "revenue" },
  });
  const handler = createBillingHandler(world(servers, configuration, CARD(0.01)).dependencies);
  const handle = (events: readonly BillingEvent[]) => handler(log(events));
  await handle([
    entry("whole", "top", "top_up", "1"),
    ...["a", "b", "c"].map((id) => usage("whole", `${id}:sms.delivered:1`, { hold: "0" })),
  ]);

  const corrections = createCorrections(pool);
  const post = (now: number) =>
    postCorrections(
      corrections,
      {
        // Everything twice: each takes effect once.
        publish: (records) =>
          handle(
            [...records, ...records].map(({ value }) => billingEvent.parse(JSON.parse(value.toString()))),
          ),
      },
      { now: () => now },
    );
  await corrections.refund({
    correctionId: "r:refund:0",
    originalId: "a:sms.delivered:1",
    amount: null,
    reason: "complaint",
    actor: "Finance",
    decidedAt: NOW,
  });
  await post(NOW);

  const reRatings = createReRatings(pool);
  const reRatingId = uuidv7(NOW);
  await reRatings.create({
    reRatingId,
    tenantId: "T1",
    rateCardId: "RC",
    version: 2,
    currency: "USD",
    from: NOW,
    to: NOW + 1,
    eventType: null,
    reason: "published late",
    requestedBy: "Finance",
    requestedAt: NOW,
  });
  const pass = () =>
    runReRatings({
      work: createReRatingWork(pool),
      tenant: async () => configuration,
      versions: async () => [
        { v: 1, rateCardId: "RC", version: 2, validFrom: 0, storedAt: 0, source: CARD(0.03) },
      ],
    });
  await pass();
  await reRatings.decide(reRatingId, "approved", { actor: "Chief", at: NOW });
  await pass();
  await post(NOW + 1_000);
  expect((await post(NOW + 2_000)).posted).toBe(2);
  expect(await reRatings.get(reRatingId)).toMatchObject({
    status: "posted",
    adjusted: 2n,
    skipped: { refunded: 1 },
  });

  const rows = await entriesOf(servers, "whole");
  // 1 − 3 × 0.0108 + 0.0108 − 2 × 0.0216
  expect(formatMoney(parsed(rows.at(-1)?.balance_after ?? ""))).toBe("0.9352");
  expect(rows).toHaveLength(7);
  const { rows: accounts } = await pool.query<{ account: string; party: string | null; balance: string }>(
    "SELECT account, party, balance FROM ledger_accounts WHERE tenant_id = 'T1' ORDER BY account",
  );
  expect(
    accounts.map(({ account, party, balance }) => [account, party, formatMoney(parsed(balance))]),
  ).toEqual([
    ["clearing", null, "-1"],
    // 10 % of the two messages that were not refunded, at 0.03.
    ["partner", "P-1", "0.006"],
    ["revenue", null, "0.054"],
    ["tax", null, "0.0048"],
    ["wallet", "whole", "0.9352"],
  ]);

  const found: AuditFinding[] = [];
  await chainLedger({ pool, sealKey: "key" });
  const [audited] = await verifyAuditChains(pool, {
    tenantId: null,
    sealKey: "key",
    now: Date.now(),
    anchors: new Map(),
    onFinding: (finding) => found.push(finding),
    onProgress: () => {},
  });
  expect(found).toEqual([]);
  expect(audited).toMatchObject({ rows: 7 + 6, waiting: 0 });
});
