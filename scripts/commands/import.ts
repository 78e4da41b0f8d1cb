import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import type { WalletEntryEvent } from "#domain/events/billing-event.ts";
import { formatMoney, money } from "#domain/money/money.ts";
import type { Ledger } from "#domain/wallet/ports.ts";
import { fingerprintOf } from "#pipeline/billing/fingerprint.ts";
import {
  openingBalanceEvent,
  readOpeningBalances,
  type OpenableWallet,
  type OpeningBalance,
} from "../books/opening-balances.ts";
import { sayingWhatIsAway } from "../books/unreachable.ts";
import { attachEnvironment, type Environment } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { CsvRecords } from "../shadow/csv.ts";
import { print, progress, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "import";
const usage = `catalyst import balances FILE.csv [--dry-run] [--actor NAME] [--delimiter CHAR] [--data DIR] [--json]

  Brings the balances of the system that you come from into the wallets, each once, as a ledger entry with the reason "opening balance".
  Columns: balance, and tenant_id or wallet_id; currency where a tenant has several wallets. A row that cannot be read stops
  the whole file before anything is posted. The same file again posts nothing; another balance for the same wallet is refused.
  --dry-run  reads and compares, posts nothing
  Exit code 0: every balance is in the ledger (or could be). 1: a row is wrong, or another balance was imported before.`;

const POLL_MS = 200;
const WAIT_MAX_MS = 120_000;
const PER_REQUEST = 500;

interface Flags {
  readonly file: string;
  readonly dryRun: boolean;
  readonly actor: string;
  readonly delimiter: string;
  readonly json: boolean;
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(
    { name, usage },
    args,
    {
      "dry-run": { type: "boolean" },
      actor: { type: "string" },
      delimiter: { type: "string" },
      data: { type: "string" },
      json: { type: "boolean" },
    },
    true,
  );
  const [what, file = "", ...rest] = positionals;
  if (what !== "balances" || file === "" || rest.length > 0)
    throw new UsageError("catalyst import takes: balances FILE.csv");
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  const delimiter = values.delimiter ?? ",";
  if (delimiter.length !== 1) throw new UsageError("--delimiter takes one character");
  const environment = await attachEnvironment(dataDirectoryFrom(values.data));
  const actor = values.actor ?? userInfo().username;
  const flags = { file, dryRun: values["dry-run"] === true, actor, delimiter, json: values.json === true };
  return sayingWhatIsAway(() => importBalances(environment, flags));
}

export const command: CatalystCommand = {
  name,
  summary: "opening balances from a CSV file, each once, as ledger entries",
  usage,
  run,
};

async function importBalances({ urls }: Environment, flags: Flags): Promise<number> {
  const pool = createPool(urls.postgres, "catalyst-import");
  try {
    const records = new CsvRecords(flags.delimiter);
    const text = readFileSync(flags.file, "utf8");
    const { balances, problems } = readOpeningBalances(
      [...records.push(text), ...records.end()],
      await openableWallets(pool),
    );
    if (problems.length > 0)
      throw new UsageError(`${flags.file}: nothing was posted.\n  ${problems.join("\n  ")}`, 1);
    const ledger = createLedger(pool);
    const { missing, known, conflicting } = await compare(ledger, balances, flags.actor);
    if (conflicting.length > 0)
      throw new UsageError(
        `nothing was posted: another opening balance was imported before for ${conflicting.join(", ")}. Post the difference as an adjustment.`,
        1,
      );
    if (!flags.dryRun && missing.length > 0) await post(urls.kafka, ledger, missing);
    report(balances, { posted: missing.length, known }, flags);
    return 0;
  } finally {
    await pool.end();
  }
}

async function openableWallets(pool: Pool): Promise<OpenableWallet[]> {
  const { rows } = await pool.query<{
    wallet_id: string;
    tenant_id: string;
    currency: string;
    created_at: Date;
  }>("SELECT wallet_id, tenant_id, currency, created_at FROM wallets");
  return rows.map((row) => ({
    walletId: row.wallet_id,
    tenantId: row.tenant_id,
    currency: row.currency,
    createdAt: row.created_at.getTime(),
  }));
}

/** A balance of zero is no entry. */
async function compare(
  ledger: Pick<Ledger, "find">,
  balances: readonly OpeningBalance[],
  actor: string,
): Promise<{ missing: WalletEntryEvent[]; known: number; conflicting: string[] }> {
  const events = balances
    .filter(({ amount }) => amount !== 0n)
    .map((balance) => openingBalanceEvent(balance, actor));
  const found = new Map(
    (await ledger.find(events.map(({ id, acceptedAt }) => ({ eventId: id, acceptedAt })))).map((entry) => [
      entry.eventId,
      entry.fingerprint,
    ]),
  );
  const conflicting = events
    .filter(({ id }) => found.has(id))
    .filter((event) => found.get(event.id) !== fingerprintOf(event));
  return {
    missing: events.filter(({ id }) => !found.has(id)),
    known: found.size,
    conflicting: conflicting.map(({ walletId }) => walletId),
  };
}

/** Published, and then seen in the ledger. */
async function post(
  broker: string,
  ledger: Pick<Ledger, "find">,
  events: readonly WalletEntryEvent[],
): Promise<void> {
  const kafka = new Kafka({ brokers: [broker], clientId: "catalyst-import", logLevel: logLevel.NOTHING });
  const publisher = new KafkaPublisher(kafka);
  await publisher.connect();
  try {
    for (let first = 0; first < events.length; first += PER_REQUEST)
      await publisher.publish(
        events
          .slice(first, first + PER_REQUEST)
          .map((event) => ({ topic: "billing.events", key: event.walletId, value: JSON.stringify(event) })),
      );
  } finally {
    await publisher.close();
  }
  const keys = events.map(({ id, acceptedAt }) => ({ eventId: id, acceptedAt }));
  const until = Date.now() + WAIT_MAX_MS;
  for (;;) {
    const { length } = await ledger.find(keys);
    progress(`  ${length} of ${keys.length} in the ledger`);
    if (length === keys.length) return;
    if (Date.now() > until)
      throw new UsageError(
        `${keys.length - length} balances are published and not yet in the ledger: is billing running (./catalyst status)? The same command again posts nothing twice.`,
        1,
      );
    await sleep(POLL_MS);
  }
}

function report(
  balances: readonly OpeningBalance[],
  { posted, known }: { readonly posted: number; readonly known: number },
  { dryRun, json }: Flags,
): void {
  const totals = new Map<string, bigint>();
  for (const { wallet, amount } of balances)
    totals.set(wallet.currency, (totals.get(wallet.currency) ?? 0n) + amount);
  const sums = [...totals].map(([currency, sum]): [string, string] => [currency, formatMoney(money(sum))]);
  if (json) {
    print(
      JSON.stringify({
        rows: balances.length,
        posted: dryRun ? 0 : posted,
        known,
        dry_run: dryRun,
        totals: Object.fromEntries(sums),
      }),
    );
    return;
  }
  print(
    table([
      ["ROWS", dryRun ? "WOULD POST" : "POSTED", "THERE ALREADY", "TOTAL"],
      [
        String(balances.length),
        String(posted),
        String(known),
        sums.map(([currency, sum]) => `${sum} ${currency}`).join(", "),
      ],
    ]),
  );
}
