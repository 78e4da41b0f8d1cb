import type { Ledger, WalletStore } from "#domain/wallet/ports.ts";
import { everyWallet } from "./every-wallet.ts";

export interface DriftDependencies {
  readonly wallets: Pick<WalletStore, "held" | "rebuild">;
  readonly ledger: Pick<Ledger, "wallets">;
}

/**
 * Finds wallets whose cache is ahead of the ledger and stays so: a consumer that had lost its partition charged what its
 * successor had ledgered already, and died before it could see that. The next charge would mend it, but an idle wallet has none.
 *
 * The returned function makes one pass, to be run every minute or so; a wallet is rebuilt when two passes in a row find the same
 * difference, since a batch under way differs too, but moves on. Returns the ids of the rebuilt.
 * @throws Unavailable when a store cannot be reached.
 */
export function createDriftRepair({ wallets, ledger }: DriftDependencies): () => Promise<readonly string[]> {
  let seenBefore = new Map<string, string>();
  return async () => {
    const seen = new Map<string, string>();
    const rebuilt: string[] = [];
    for await (const { walletId, sequence, balance } of everyWallet(ledger)) {
      const held = await wallets.held(walletId);
      if (held === null || (held.sequence === sequence && held.balance === balance)) continue;
      const difference = `${held.epoch} ${held.sequence} ${held.balance} ${sequence} ${balance}`;
      if (seenBefore.get(walletId) === difference) {
        await wallets.rebuild(walletId);
        rebuilt.push(walletId);
      } else {
        seen.set(walletId, difference);
      }
    }
    seenBefore = seen;
    return rebuilt;
  };
}
