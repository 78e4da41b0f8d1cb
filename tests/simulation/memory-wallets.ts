import { Poison, Unavailable } from "#domain/errors.ts";
import { money, type Money } from "#domain/money/money.ts";
import type {
  Charge,
  ChargeOutcome,
  ChargeRequest,
  ChargeResult,
  Ledger,
  Reservation,
  ReservationOutcome,
  ReservationRequest,
  WalletState,
  WalletStore,
} from "#domain/wallet/ports.ts";
import type { Reach } from "./memory-ledger.ts";

interface Held {
  run: number;
  epoch: bigint;
  sequence: bigint;
  balance: Money;
  reserved: bigint;
  volumes: Map<string, bigint>;
  bucket: 0 | 1;
  filled: number;
  reservations: Map<string, bigint>;
  /** What is remembered of charges, and tombstones of settled messages, in two buckets that take turns. */
  outcomes: [Map<string, ChargeOutcome | "settled">, Map<string, ChargeOutcome | "settled">];
}

/** A simulator of Redis with the wallet's scripts (adapters/redis/wallet/): a script is one method. */
export class MemoryRedis {
  #wallets = new Map<string, Held>();
  #snapshot = new Map<string, Held>();
  /** Stands for Redis' run_id. */
  #run = 1;
  readonly #bucketIds: number;
  readOnly = false;
  /** Called after a wallet was loaded from the ledger. */
  onLoaded: (walletId: string) => void = () => {};

  constructor(bucketIds: number) {
    this.#bucketIds = bucketIds;
  }

  flushall(): void {
    this.#wallets = new Map();
  }

  save(): void {
    this.#snapshot = structuredClone(this.#wallets);
  }

  /** Killed and started again from its last snapshot. */
  restart(): void {
    this.#wallets = structuredClone(this.#snapshot);
    this.#run += 1;
  }

  live(walletId: string): Held | null {
    const held = this.#wallets.get(walletId);
    return held?.run === this.#run ? held : null;
  }

  epoch(walletId: string): bigint {
    return this.#wallets.get(walletId)?.epoch ?? 0n;
  }

  #writable(): void {
    if (this.readOnly) throw new Unavailable("Redis", { message: "READONLY" });
  }

  load(walletId: string, state: WalletState, holds: readonly Reservation[]): "loaded" | "kept" {
    this.#writable();
    const before = this.live(walletId);
    if (before !== null && before.epoch >= state.epoch) return "kept";
    const reservations = before?.reservations ?? new Map<string, bigint>();
    let reserved = before?.reserved ?? 0n;
    for (const { messageId, amount } of holds) {
      if (reservations.has(messageId)) continue;
      reservations.set(messageId, amount);
      reserved += amount;
    }
    const { epoch, sequence, balance } = state;
    this.#wallets.set(walletId, {
      run: this.#run,
      epoch,
      sequence,
      balance,
      reserved,
      volumes: new Map(state.volumes),
      bucket: 0,
      filled: 0,
      reservations,
      outcomes: [new Map(), new Map()],
    });
    this.onLoaded(walletId);
    return "loaded";
  }

  reserve(
    walletId: string,
    creditLimit: Money,
    requests: readonly ReservationRequest[],
  ): ReservationOutcome[] | null {
    this.#writable();
    const held = this.live(walletId);
    if (held === null) return null;
    let free = held.balance + creditLimit - held.reserved;
    return requests.map(({ messageId, amount }) => {
      if (held.reservations.has(messageId)) return "reserved";
      if (held.outcomes.some((bucket) => bucket.has(`x${messageId}`))) return "closed";
      if (free < 0n || free < amount) return "insufficient";
      if (amount === 0n) return "reserved";
      free -= amount;
      held.reserved += amount;
      held.reservations.set(messageId, amount);
      return "reserved";
    });
  }

  release(walletId: string, messageIds: readonly string[]): void {
    this.#writable();
    const held = this.live(walletId);
    if (held === null) return;
    for (const messageId of messageIds) {
      held.reserved -= held.reservations.get(messageId) ?? 0n;
      held.reservations.delete(messageId);
    }
  }

  charge(walletId: string, { before, after, charges }: ChargeRequest): ChargeResult | null {
    this.#writable();
    const held = this.live(walletId);
    if (held === null) return null;
    const known = charges.flatMap(({ eventId }) => this.#outcome(held, eventId) ?? []);
    if (held.epoch !== before.epoch || held.sequence !== before.sequence || known.length > 0)
      return { kind: "stale", state: stateOf(held), known };
    const written = new Map<string, ChargeOutcome | "settled">();
    for (const charge of charges) written.set(`e${charge.eventId}`, outcomeOf(charge));
    for (const messageId of settle(held, charges)) written.set(`x${messageId}`, "settled");
    this.#remember(held, written);
    held.sequence = after.sequence;
    held.balance = after.balance;
    held.volumes = new Map(after.volumes);
    return { kind: "applied" };
  }

  #outcome(held: Held, eventId: string): ChargeOutcome | null {
    for (const bucket of held.outcomes) {
      const outcome = bucket.get(`e${eventId}`);
      if (outcome !== undefined && outcome !== "settled") return outcome;
    }
    return null;
  }

  #remember(held: Held, written: ReadonlyMap<string, ChargeOutcome | "settled">): void {
    held.filled += written.size;
    if (held.filled > this.#bucketIds) {
      held.bucket = held.bucket === 0 ? 1 : 0;
      held.outcomes[held.bucket] = new Map();
      held.filled = written.size;
    }
    for (const [key, outcome] of written) held.outcomes[held.bucket].set(key, outcome);
  }
}

/** Takes each charge's share of what its message has set aside; returns the messages of which nothing is left. */
function settle(held: Held, charges: readonly Charge[]): Set<string> {
  const touched = new Set<string>();
  for (const { messageId, hold } of charges) {
    if (messageId === null || hold === 0n) continue;
    touched.add(messageId);
    const remaining = held.reservations.get(messageId) ?? 0n;
    const share = hold < remaining ? hold : remaining;
    held.reserved -= share;
    if (share === remaining) held.reservations.delete(messageId);
    else held.reservations.set(messageId, remaining - share);
  }
  return new Set([...touched].filter((messageId) => !held.reservations.has(messageId)));
}

function outcomeOf({
  eventId,
  amount,
  sequence,
  volumeOrdinal,
  fingerprint,
  movedCounters,
}: Charge): ChargeOutcome {
  return { eventId, amount, sequence, volumeOrdinal, fingerprint, movedCounters };
}

function stateOf({ epoch, sequence, balance, volumes }: Held): WalletState {
  return { epoch, sequence, balance, volumes: new Map(volumes) };
}

const MAX_REBUILDS = 3;

/** The wallets' port on the simulator, each step that reaches the server an effect of its own. */
export function memoryWallets(
  server: MemoryRedis,
  ledger: Pick<Ledger, "beginEpoch" | "openHolds">,
  reach: Reach,
): WalletStore {
  const read = (walletId: string) =>
    reach(`read ${walletId}`, () => {
      const held = server.live(walletId);
      return held === null
        ? null
        : { state: stateOf(held), reserved: money(held.reserved), balance: held.balance };
    });

  async function rebuild(walletId: string): Promise<WalletState> {
    const epoch = await reach(`read epoch ${walletId}`, () => server.epoch(walletId));
    const state = await ledger.beginEpoch(walletId, epoch);
    if (state === null) throw new Poison(`The ledger has no wallet ${walletId}`);
    const holds = await ledger.openHolds(walletId);
    if ((await reach(`load ${walletId}`, () => server.load(walletId, state, holds))) === "loaded")
      return state;
    const newer = await read(walletId);
    if (newer === null) throw new Unavailable("Redis", { message: "lost while it was rebuilt" });
    return newer.state;
  }

  async function whileCold<Result>(walletId: string, attempt: () => Promise<Result | null>): Promise<Result> {
    for (let rebuilds = 0; ; rebuilds += 1) {
      const result = await attempt();
      if (result !== null) return result;
      if (rebuilds === MAX_REBUILDS) throw new Unavailable("Redis", { message: "does not stay loaded" });
      await rebuild(walletId);
    }
  }

  return {
    rebuild,
    held: async (walletId) => (await read(walletId))?.state ?? null,
    state: async (walletId) => (await whileCold(walletId, () => read(walletId))).state,
    async balance(walletId) {
      const { state, reserved } = await whileCold(walletId, () => read(walletId));
      return { balance: state.balance, reserved, sequence: state.sequence };
    },
    reserve: (walletId, creditLimit, requests) =>
      whileCold(walletId, () =>
        reach(`reserve ${walletId}`, () => server.reserve(walletId, creditLimit, requests)),
      ),
    release: (walletId, messageIds) =>
      reach(`release ${walletId}`, () => server.release(walletId, messageIds)),
    charge: (walletId, request) =>
      whileCold(walletId, () => reach(`charge ${walletId}`, () => server.charge(walletId, request))),
    async *reservations(walletId) {
      yield await reach(`reservations ${walletId}`, () =>
        [...(server.live(walletId)?.reservations ?? [])].map(([messageId, amount]) => ({
          messageId,
          amount: money(amount),
        })),
      );
    },
  };
}
