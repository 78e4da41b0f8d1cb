import { Poison, Unavailable } from "#domain/errors.ts";
import type { Ledger, WalletState } from "#domain/wallet/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { loadArguments, loadedWallet, type LoadedWallet } from "./wallet-codec.ts";
import { runScript, walletKeys } from "./wallet-scripts.ts";

interface Rebuilder {
  /** Null when the wallet is cold. */
  readonly read: (walletId: string) => Promise<LoadedWallet | null>;
  readonly rebuild: (walletId: string) => Promise<WalletState>;
}

/**
 * Loads wallets from the ledger. The new epoch is committed before the ledger is read, so nothing of an older epoch can be ledgered after
 * what was read; and the script never lets an older load replace a newer one. So rebuilders need no lock against each other, and one
 * that dies at any point leaves a wallet that is cold or fenced.
 */
export function createRebuilder(
  redis: RedisConnection,
  ledger: Pick<Ledger, "beginEpoch" | "openHolds">,
): Rebuilder {
  const rebuilding = new Map<string, Promise<WalletState>>();

  async function read(walletId: string): Promise<LoadedWallet | null> {
    const [fields, identity] = await redis.run(async (client, identity) => {
      const fields = await client.hgetall(walletKeys(walletId)[0]);
      return [fields, identity] as const;
    });
    return fields["run"] === identity ? loadedWallet(fields) : null;
  }

  async function rebuildNow(walletId: string): Promise<WalletState> {
    // A ledger that was restored from a backup may be behind the epochs given out: begin above what the store has.
    const epoch = await redis.run((client) => client.hget(walletKeys(walletId)[0], "epoch"));
    const state = await ledger.beginEpoch(walletId, BigInt(epoch ?? 0));
    if (state === null) throw new Poison(`The ledger has no wallet ${walletId}`);
    const holds = await ledger.openHolds(walletId);
    const answer = await redis.run((client, identity) =>
      runScript(client, "load", walletId, [identity, ...loadArguments(state, holds)]),
    );
    if (answer === "loaded") return state;
    const newer = await read(walletId);
    if (newer === null)
      throw new Unavailable("Redis", { message: `Wallet ${walletId} was lost while it was rebuilt` });
    return newer.state;
  }

  function rebuild(walletId: string): Promise<WalletState> {
    let running = rebuilding.get(walletId);
    if (running === undefined) {
      running = rebuildNow(walletId).finally(() => rebuilding.delete(walletId));
      rebuilding.set(walletId, running);
    }
    return running;
  }

  return { read, rebuild };
}
