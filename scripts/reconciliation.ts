import { Redis } from "ioredis";
import pg from "pg";

/** What the books say of one tenant, compared with its messages and with the wallet's cache. */
export interface Reconciliation {
  readonly messages: Readonly<Record<string, number>>;
  /** Messages without a final state. */
  readonly open: number;
  /** Delivered parts, and those of them that have exactly one charge. */
  readonly delivered_parts: number;
  readonly charged_parts: number;
  /** Ledger entries of events that should not have been charged, or charged twice. */
  readonly unexplained_charges: number;
  readonly ledger_balance: string;
  /** The sum of the ledger's entries. */
  readonly ledger_sum: string;
  readonly wallet_balance: string;
  readonly wallet_reserved: string;
  /** Whether the sequence runs from 1 to its end without a gap. */
  readonly gapless: boolean;
  readonly reconciled: boolean;
}

const UNITS = 10n ** 18n;

function decimal(units: bigint): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(19, "0");
  const fraction = digits.slice(-18).replace(/0+$/, "");
  return `${sign}${digits.slice(0, -18)}${fraction === "" ? "" : `.${fraction}`}`;
}

function toUnits(text: string): bigint {
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  const units = BigInt(whole) * UNITS + BigInt(fraction.padEnd(18, "0"));
  return text.startsWith("-") ? -units : units;
}

interface WalletRow {
  readonly wallet_id: string;
  readonly sequence: string;
  readonly balance: string;
  readonly total: string;
  readonly entries: string;
  readonly last: string;
}

const DELIVERY_CHARGES = `
  SELECT message_id, count(*) AS charges FROM ledger_entries
  WHERE tenant_id = $1 AND event_type = 'sms.delivered' AND message_id IS NOT NULL GROUP BY message_id`;

const MESSAGE_PARTS = `
  WITH charged AS (${DELIVERY_CHARGES})
  SELECT coalesce(sum(m.parts), 0) AS parts, coalesce(sum(charged.charges), 0) AS charges
  FROM messages m LEFT JOIN charged ON charged.message_id = m.message_id::text
  WHERE m.tenant_id = $1 AND m.state = 'delivered'`;

/** Charges of deliveries whose message was not delivered (of one part; parts of a failed message may have been). */
const UNEXPLAINED = `
  WITH charged AS (${DELIVERY_CHARGES})
  SELECT coalesce(sum(charged.charges), 0) AS charges FROM charged
  LEFT JOIN messages m ON m.message_id::text = charged.message_id AND m.tenant_id = $1
  WHERE m.message_id IS NULL OR (m.state <> 'delivered' AND m.parts = 1) OR charged.charges > m.parts`;

const WALLET = `
  SELECT w.wallet_id, w.sequence, w.balance, coalesce(sum(e.amount), 0) AS total, count(e.*) AS entries,
         coalesce(max(e.sequence), 0) AS last
  FROM wallets w LEFT JOIN ledger_entries e USING (wallet_id) WHERE w.tenant_id = $1 GROUP BY w.wallet_id`;

/** Reads PostgreSQL and Redis and compares them to the last digit. */
export async function reconcile(
  databaseUrl: string,
  redisUrl: string,
  tenantId: string,
): Promise<Reconciliation> {
  const database = new pg.Client({ connectionString: databaseUrl });
  const redis = new Redis(redisUrl, { lazyConnect: true });
  try {
    await Promise.all([database.connect(), redis.connect()]);
    const states = await database.query<{ state: string; count: string }>(
      "SELECT state, count(*) FROM messages WHERE tenant_id = $1 AND direction = 'outbound' GROUP BY state",
      [tenantId],
    );
    const parts = await database.query<{ parts: string; charges: string }>(MESSAGE_PARTS, [tenantId]);
    const unexplained = await database.query<{ charges: string }>(UNEXPLAINED, [tenantId]);
    const wallet = (await database.query<WalletRow>(WALLET, [tenantId])).rows[0];
    if (wallet === undefined) throw new Error(`tenant ${tenantId} has no wallet`);
    const [balance, reserved] = await redis.hmget(`w:{${wallet.wallet_id}}`, "balance", "reserved");
    return compare(
      states.rows,
      parts.rows[0]!,
      Number(unexplained.rows[0]!.charges),
      wallet,
      balance,
      reserved,
    );
  } finally {
    redis.disconnect();
    await database.end();
  }
}

const FINAL = new Set(["delivered", "failed", "rejected", "blocked", "expired"]);

function compare(
  states: readonly { state: string; count: string }[],
  parts: { parts: string; charges: string },
  unexplained: number,
  wallet: WalletRow,
  cached: string | null | undefined,
  reserved: string | null | undefined,
): Reconciliation {
  const messages = Object.fromEntries(states.map(({ state, count }) => [state, Number(count)]));
  const open = states
    .filter(({ state }) => !FINAL.has(state))
    .reduce((sum, { count }) => sum + Number(count), 0);
  const ledger = toUnits(wallet.balance);
  // A wallet that is not in memory is cold: it is rebuilt from the ledger at its next use and differs from nothing.
  const walletBalance = cached === null || cached === undefined ? ledger : BigInt(cached);
  const walletReserved = reserved === null || reserved === undefined ? 0n : BigInt(reserved);
  const gapless = wallet.entries === wallet.last && wallet.sequence === wallet.last;
  const delivered = Number(parts.parts);
  const charged = Number(parts.charges);
  return {
    messages,
    open,
    delivered_parts: delivered,
    charged_parts: charged,
    unexplained_charges: unexplained,
    ledger_balance: decimal(ledger),
    ledger_sum: decimal(toUnits(wallet.total)),
    wallet_balance: decimal(walletBalance),
    wallet_reserved: decimal(walletReserved),
    gapless,
    reconciled:
      open === 0 &&
      delivered === charged &&
      unexplained === 0 &&
      gapless &&
      ledger === toUnits(wallet.total) &&
      ledger === walletBalance &&
      walletReserved === 0n,
  };
}
