import type { WalletBalances } from "#domain/wallet/ports.ts";
import { storedMoney } from "./ledger-columns.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** Balances as the ledger has them. */
export function createWalletBalances(pool: Pool): WalletBalances {
  return {
    balanceOf: (walletId) =>
      onPostgres(async () => {
        const { rows } = await pool.query<{ balance: string }>(
          "SELECT balance FROM wallets WHERE wallet_id = $1",
          [walletId],
        );
        return rows[0] === undefined ? null : storedMoney(rows[0].balance);
      }),
  };
}
