import type { Ledger, WalletStore } from "#domain/wallet/ports.ts";
import { everyWallet } from "./every-wallet.ts";

export interface ReaperDependencies {
  readonly wallets: Pick<WalletStore, "reservations" | "release">;
  readonly ledger: Pick<Ledger, "wallets" | "heldMessages">;
}

export interface Reaped {
  readonly wallets: number;
  readonly released: number;
  /** Reservations whose message id is no UUIDv7, whose age is therefore unknown. They stay. */
  readonly ageless: number;
}

/**
 * Gives back reservations that nothing will ever settle: the door died between reserving and publishing, or a
 * rebuild restored what had just been settled. To be run every minute or so by one process; several do no harm.
 * @param ageMs a younger reservation may belong to a message that is still being published (which gives up after 30 s) or
 *   not yet stored; and so long after its message's end it is left to a billing event that may still be on the way.
 * @throws Unavailable when a store cannot be reached.
 */
export async function reapOrphanReservations(
  dependencies: ReaperDependencies,
  now: number,
  ageMs: number,
): Promise<Reaped> {
  const { wallets, ledger } = dependencies;
  let [seen, released, ageless] = [0, 0, 0];
  for await (const { walletId } of everyWallet(ledger)) {
    seen += 1;
    for await (const reservations of wallets.reservations(walletId)) {
      const old: string[] = [];
      for (const { messageId } of reservations) {
        const acceptedAt = uuidv7Time(messageId);
        if (acceptedAt === null) ageless += 1;
        else if (now - acceptedAt > ageMs) old.push(messageId);
      }
      if (old.length === 0) continue;
      const held = await ledger.heldMessages(old, now - ageMs);
      const orphans = old.filter((messageId) => !held.has(messageId));
      if (orphans.length > 0) await wallets.release(walletId, orphans);
      released += orphans.length;
    }
  }
  return { wallets: seen, released, ageless };
}

const UUIDV7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Epoch ms at which a UUIDv7 was made (RFC 9562, section 5.7); null for anything else. */
export function uuidv7Time(id: string): number | null {
  const match = UUIDV7.exec(id);
  return match === null ? null : Number.parseInt(`${match[1]}${match[2]}`, 16);
}
