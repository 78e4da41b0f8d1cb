import type { WalletEntryEvent } from "#domain/events/billing-event.ts";
import { formatMoney, parseMoney, type Money } from "#domain/money/money.ts";
import { UsageError } from "../usage-error.ts";

/** A wallet that a balance may be brought to. */
export interface OpenableWallet {
  readonly walletId: string;
  readonly tenantId: string;
  readonly currency: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface OpeningBalance {
  readonly line: number;
  readonly wallet: OpenableWallet;
  readonly amount: Money;
}

export interface ReadBalances {
  readonly balances: readonly OpeningBalance[];
  /** "line 3: …", each with its remedy. */
  readonly problems: readonly string[];
}

const COLUMNS = ["tenant_id", "wallet_id", "balance", "currency"] as const;
type Columns = Readonly<Record<(typeof COLUMNS)[number], number>>;

/** @throws UsageError for headings that do not say whose balance it is. */
function columnsOf(headings: readonly string[]): Columns {
  const lower = headings.map((heading) =>
    heading
      .trim()
      .replace(/^\uFEFF/, "")
      .toLowerCase(),
  );
  const [tenant_id, wallet_id, balance, currency] = COLUMNS.map((column) => lower.indexOf(column));
  if (balance === -1 || (tenant_id === -1 && wallet_id === -1))
    throw new UsageError(
      `the file needs the columns balance and tenant_id (or wallet_id), and may have currency; it has ${headings.join(", ")}`,
    );
  return { tenant_id, wallet_id, balance, currency } as Columns;
}

/** Reads every row, or says what is wrong with each; a wallet may stand in the file once. */
export function readOpeningBalances(
  records: Iterable<{ readonly line: number; readonly fields: readonly string[] }>,
  wallets: readonly OpenableWallet[],
): ReadBalances {
  const balances: OpeningBalance[] = [];
  const problems: string[] = [];
  const seen = new Map<string, number>();
  let columns: Columns | undefined;
  for (const { line, fields } of records) {
    if (columns === undefined) {
      columns = columnsOf(fields);
      continue;
    }
    if (fields.every((field) => field.trim() === "")) continue;
    const read = readRow(columns, fields, wallets);
    const before = "problem" in read ? undefined : seen.get(read.wallet.walletId);
    if ("problem" in read) problems.push(`line ${line}: ${read.problem}`);
    else if (before !== undefined) problems.push(`line ${line}: the wallet stands in line ${before} already`);
    else {
      seen.set(read.wallet.walletId, line);
      balances.push({ line, ...read });
    }
  }
  return { balances, problems };
}

function readRow(
  columns: Columns,
  fields: readonly string[],
  wallets: readonly OpenableWallet[],
): Omit<OpeningBalance, "line"> | { readonly problem: string } {
  const field = (column: keyof Columns): string => fields[columns[column]]?.trim() ?? "";
  const [tenantId, walletId, currency] = [
    field("tenant_id"),
    field("wallet_id"),
    field("currency").toUpperCase(),
  ];
  const amount = parseMoney(field("balance"));
  if (amount === null)
    return {
      problem: `balance: ${field("balance") || "nothing"} is no decimal of at most 18 places, such as 1234.5`,
    };
  const found = wallets.filter(
    (wallet) =>
      (walletId === "" || wallet.walletId === walletId) &&
      (tenantId === "" || wallet.tenantId === tenantId) &&
      (walletId !== "" || currency === "" || wallet.currency === currency),
  );
  const [wallet] = found;
  if (wallet === undefined || (tenantId === "" && walletId === ""))
    return {
      problem: `no wallet of ${[tenantId, walletId, currency].filter((part) => part !== "").join(", ") || "nobody"}: create the tenant first`,
    };
  if (found.length > 1)
    return { problem: `${tenantId} has ${found.length} such wallets: name one in a column wallet_id` };
  if (currency !== "" && wallet.currency !== currency)
    return { problem: `currency: wallet ${wallet.walletId} is in ${wallet.currency}, not ${currency}` };
  return { wallet, amount };
}

/**
 * The ledger entry of an opening balance. Id and times follow from the wallet alone, so that a second import, whenever it is, is the
 * same event; with another balance it is refused as a conflict.
 */
export function openingBalanceEvent(
  { wallet: { walletId, tenantId, createdAt }, amount }: OpeningBalance,
  actor: string,
): WalletEntryEvent {
  return {
    v: 1,
    kind: "entry",
    id: `opening-balance:${walletId}:0`,
    tenantId,
    walletId,
    at: createdAt,
    acceptedAt: createdAt,
    entryType: "adjustment",
    amount: formatMoney(amount),
    units: 0,
    reason: "opening balance",
    actor,
  };
}
