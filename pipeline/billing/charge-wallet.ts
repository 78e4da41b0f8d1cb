import { Unavailable } from "#domain/errors.ts";
import type { ChargeOutcome, WalletState, WalletStore } from "#domain/wallet/ports.ts";
import type { Admitted, WalletWork } from "./admit.ts";
import { planCharges, planKnown, type Planned } from "./plan.ts";

/** Charges in one call of the store: a few milliseconds during which no other wallet of the same shard moves. */
const MAX_PER_CALL = 1_000;
/** Answers of "the wallet has moved" in a row before the batch is left to another attempt: only other consumers of this wallet cause them. */
const MAX_STALE = 50;
/** Wallets whose last state is remembered, which saves a question per batch. A wrong memory costs one refused call. */
const MAX_STATES = 20_000;

/** Everything of a wallet's batch, applied to the store under one epoch. */
export interface AppliedWork {
  readonly epoch: bigint;
  readonly planned: readonly Planned[];
}

/** Charges wallets by compare and charge; the store's answer, not the memory kept here, decides. */
export class WalletCharger {
  readonly #store: Pick<WalletStore, "charge" | "state" | "rebuild">;
  readonly #states = new Map<string, WalletState>();

  constructor(store: Pick<WalletStore, "charge" | "state" | "rebuild">) {
    this.#store = store;
  }

  async state(walletId: string): Promise<WalletState> {
    return this.#remember(walletId, await this.#store.state(walletId));
  }

  async rebuild(walletId: string): Promise<WalletState> {
    this.#states.delete(walletId);
    return this.#remember(walletId, await this.#store.rebuild(walletId));
  }

  /** Applies the events that are not in `skip`, each once, whoever else charges the same wallet. */
  async apply(work: WalletWork, skip: ReadonlySet<string>): Promise<AppliedWork> {
    const events = skip.size === 0 ? work.events : work.events.filter(({ event }) => !skip.has(event.id));
    let state = this.#states.get(work.walletId) ?? (await this.state(work.walletId));
    let planned: Planned[] = [];
    let rest = events;
    let stale = 0;
    while (rest.length > 0) {
      const some = rest.slice(0, MAX_PER_CALL);
      const plan = planCharges(work.wallet, state, some);
      const charges = plan.planned.map(({ charge }) => charge);
      const result = await this.#store.charge(work.walletId, { before: state, after: plan.after, charges });
      if (result.kind === "applied") {
        state = this.#remember(work.walletId, plan.after);
        for (const one of plan.planned) planned.push(one);
        rest = rest.slice(some.length);
        continue;
      }
      if ((stale += 1) > MAX_STALE)
        throw new Unavailable("wallet", { message: `Wallet ${work.walletId} does not stand still` });
      // Rebuilt meanwhile: what was applied under the former epoch is undone.
      if (result.state.epoch !== state.epoch && planned.length > 0) {
        planned = [];
        rest = events;
      }
      const known = knownOf(work, rest, result.known);
      if (known === null) {
        state = await this.rebuild(work.walletId);
        planned = [];
        rest = events;
        continue;
      }
      state = this.#remember(work.walletId, result.state);
      for (const one of known.values()) planned.push(one);
      rest = rest.filter(({ event }) => !known.has(event.id));
    }
    return { epoch: state.epoch, planned };
  }

  #remember(walletId: string, state: WalletState): WalletState {
    if (this.#states.size >= MAX_STATES) this.#states.clear();
    this.#states.set(walletId, state);
    return state;
  }
}

/** Null when an event's price is no longer what was applied. */
function knownOf(
  work: WalletWork,
  events: readonly Admitted[],
  outcomes: readonly ChargeOutcome[],
): Map<string, Planned> | null {
  const byId = new Map(outcomes.map((outcome) => [outcome.eventId, outcome]));
  const known = new Map<string, Planned>();
  for (const admitted of events) {
    const outcome = byId.get(admitted.event.id);
    if (outcome === undefined) continue;
    const planned = planKnown(work.wallet, admitted, outcome);
    if (planned === null) return null;
    known.set(admitted.event.id, planned);
  }
  return known;
}
