import { Unavailable } from "#domain/errors.ts";
import { money, type Money } from "#domain/money/money.ts";
import type {
  Ledger,
  Reservation,
  ReservationOutcome,
  ReservationRequest,
  WalletStore,
} from "#domain/wallet/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { chargeArguments, chargeResult, type ChargeAnswer, type LoadedWallet } from "./wallet-codec.ts";
import { createRebuilder } from "./wallet-rebuild.ts";
import { runScript, walletKeys } from "./wallet-scripts.ts";

/** Requests in one script call: some 2 ms of the server's time. */
const MAX_PER_CALL = 1_000;
/** Rebuilds that one call goes through before it gives up: a server that loses its memory each time is not usable. */
const MAX_REBUILDS = 3;

const OUTCOMES: Readonly<Record<string, ReservationOutcome>> = {
  r: "reserved",
  i: "insufficient",
  c: "closed",
};

/** The wallets in Redis or Dragonfly. The server must not evict (maxmemory-policy noeviction). */
export function createWalletStore(
  redis: RedisConnection,
  ledger: Pick<Ledger, "beginEpoch" | "openHolds">,
): WalletStore {
  const { read, rebuild } = createRebuilder(redis, ledger);

  /** Runs `attempt` until the wallet is not cold (undefined), rebuilding it in between. */
  async function whileCold<Result>(
    walletId: string,
    attempt: () => Promise<Result | undefined>,
  ): Promise<Result> {
    for (let rebuilds = 0; ; rebuilds += 1) {
      const result = await attempt();
      if (result !== undefined) return result;
      if (rebuilds === MAX_REBUILDS)
        throw new Unavailable("Redis", { message: `Wallet ${walletId} does not stay loaded` });
      await rebuild(walletId);
    }
  }

  const loaded = (walletId: string): Promise<LoadedWallet> =>
    whileCold(walletId, async () => (await read(walletId)) ?? undefined);

  async function reserveSome(
    walletId: string,
    creditLimit: Money,
    requests: readonly ReservationRequest[],
  ): Promise<ReservationOutcome[]> {
    const args = [creditLimit.toString()];
    for (const { messageId, amount } of requests) args.push(messageId, amount.toString());
    const letters = await whileCold(walletId, async () => {
      const answer = await redis.run((client, identity) =>
        runScript(client, "reserve", walletId, [identity, ...args]),
      );
      return answer === "cold" ? undefined : (answer as string);
    });
    return Array.from(letters, (letter) => OUTCOMES[letter] ?? "insufficient");
  }

  return {
    rebuild,
    held: async (walletId) => (await read(walletId))?.state ?? null,
    state: async (walletId) => (await loaded(walletId)).state,
    balance: async (walletId) => {
      const { state, reserved } = await loaded(walletId);
      return { balance: state.balance, reserved, sequence: state.sequence };
    },
    async reserve(walletId, creditLimit, requests) {
      const outcomes: ReservationOutcome[] = [];
      for (const some of slices(requests)) outcomes.push(...(await reserveSome(walletId, creditLimit, some)));
      return outcomes;
    },
    async release(walletId, messageIds) {
      for (const some of slices(messageIds)) {
        await redis.run((client, identity) => runScript(client, "release", walletId, [identity, ...some]));
      }
    },
    charge: (walletId, request) =>
      whileCold(walletId, async () => {
        const answer = await redis.run((client, identity) =>
          runScript(client, "charge", walletId, [identity, ...chargeArguments(request)]),
        );
        return chargeResult(answer as ChargeAnswer);
      }),
    reservations: (walletId) => reservationPages(redis, walletId),
  };
}

async function* reservationPages(
  redis: RedisConnection,
  walletId: string,
): AsyncGenerator<readonly Reservation[]> {
  const key = walletKeys(walletId)[1];
  let cursor = "0";
  do {
    const [next, flat] = await redis.run((client) => client.hscan(key, cursor, "COUNT", MAX_PER_CALL));
    const page: Reservation[] = [];
    for (let index = 0; index < flat.length; index += 2) {
      page.push({ messageId: flat[index] as string, amount: money(BigInt(flat[index + 1] as string)) });
    }
    yield page;
    cursor = next;
  } while (cursor !== "0");
}

function* slices<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let first = 0; first < items.length; first += MAX_PER_CALL)
    yield items.slice(first, first + MAX_PER_CALL);
}
