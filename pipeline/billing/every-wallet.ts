import type { Ledger, LedgerPosition } from "#domain/wallet/ports.ts";

const WALLETS_PER_PAGE = 1_000;

/** Every wallet of the ledger, read page by page. */
export async function* everyWallet(ledger: Pick<Ledger, "wallets">): AsyncGenerator<LedgerPosition> {
  for (let after: string | null = null; ;) {
    const page: readonly LedgerPosition[] = await ledger.wallets(after, WALLETS_PER_PAGE);
    yield* page;
    if (page.length < WALLETS_PER_PAGE) return;
    after = page.at(-1)?.walletId ?? null;
  }
}
