import { Unavailable } from "#domain/errors.ts";
import type { BillingEvent } from "#domain/events/billing-event.ts";
import type { StageHandler } from "#domain/events/ports.ts";
import type { LedgerBatch, LedgerCommit } from "#domain/wallet/ports.ts";
import { admit, type WalletWork } from "./admit.ts";
import { WalletCharger, type AppliedWork } from "./charge-wallet.ts";
import { fingerprintOf, sameIdOtherBody } from "./fingerprint.ts";
import type { BillingDependencies } from "./ports.ts";
import { thresholdTriggers, type BalanceStep } from "./thresholds.ts";

/** Rounds in which a batch's wallets may be repaired; the retry after Unavailable starts afresh. */
const MAX_ROUNDS = 20;
/** A gap closes by itself when the consumer that holds the missing entries commits them; after so many rounds it does not. */
const GAP_ROUNDS = 4;
const GAP_PAUSE_MS = 20;
/** Events of one transaction: enough to pay for it, few enough that pricing and writing overlap within a batch. */
const PORTION_EVENTS = 1_000;
/** Wallets of which the ledger is asked before charging, because a batch before held old events (a replay). */
const MAX_SUSPECTS = 10_000;

const TRIGGERS_TOPIC = "workflow.triggers";

/** A wallet's part of a batch on its way through the rounds. */
interface Attempt {
  readonly work: WalletWork;
  /** Ids that the ledger holds from long ago: the store has forgotten them. */
  readonly ledgered: Set<string>;
  gaps: number;
  applied: AppliedWork;
}

/**
 * The billing stage. Each event has one effect, whatever is killed and whoever else handles the same records:
 * the store applies a batch only if nothing of it is known and the wallet has not moved, the ledger writes it only if it continues the wallet's
 * sequence under the same epoch, and what does not fit is undone by rebuilding the wallet from the ledger.
 * When it resolves, ledger and triggers are durable.
 */
export function createBillingHandler(dependencies: BillingDependencies): StageHandler<BillingEvent> {
  const charger = new WalletCharger(dependencies.wallets);
  const suspects = new Set<string>();
  return async (records) => {
    await dependencies.control.confirm();
    const works = admit(records, dependencies.control, dependencies.clock.now());
    const attempts = works.map(newAttempt);
    await askForSuspects(dependencies, suspects, attempts);
    let pending = attempts;
    for (let round = 0; pending.length > 0; round += 1) {
      if (round === MAX_ROUNDS)
        throw new Unavailable("wallet", {
          message: `Wallets do not settle: ${pending.map((one) => one.work.walletId).join(", ")}`,
        });
      pending = await chargeAndCommit(dependencies, charger, suspects, pending);
    }
    await publishTriggers(dependencies, attempts);
  };
}

function newAttempt(work: WalletWork): Attempt {
  return { work, ledgered: new Set(), gaps: 0, applied: { epoch: 0n, planned: [] } };
}

/** Returns the attempts that need another round. */
async function chargeAndCommit(
  dependencies: BillingDependencies,
  charger: WalletCharger,
  suspects: Set<string>,
  attempts: readonly Attempt[],
): Promise<Attempt[]> {
  const results = new Map<Attempt, LedgerCommit>();
  const commits: Promise<void>[] = [];
  try {
    // While the ledger writes one portion the next is priced. Their wallets differ, so neither waits for the other.
    for (const portion of portionsOf(attempts)) {
      await all(portion, async (attempt) => {
        attempt.applied = await charger.apply(attempt.work, attempt.ledgered);
      });
      const commit = commitPortion(dependencies, portion, results);
      commit.catch(() => {});
      commits.push(commit);
    }
  } finally {
    await Promise.allSettled(commits);
  }
  await Promise.all(commits);
  const repairs: Attempt[] = [];
  for (const attempt of attempts) {
    const result = results.get(attempt);
    if (result === undefined || result.kind === "committed") countApplied(dependencies, attempt);
    else repairs.push(attempt);
  }
  await all(repairs, (attempt) =>
    repair(dependencies, charger, suspects, attempt, results.get(attempt) as LedgerCommit),
  );
  return repairs;
}

/** Whole wallets, of some PORTION_EVENTS events together. */
function portionsOf(attempts: readonly Attempt[]): Attempt[][] {
  const portions: Attempt[][] = [];
  let events = PORTION_EVENTS;
  for (const attempt of attempts) {
    if (events >= PORTION_EVENTS) {
      portions.push([]);
      events = 0;
    }
    portions.at(-1)!.push(attempt);
    events += attempt.work.events.length;
  }
  return portions;
}

/** One transaction; nothing of it where no wallet has an entry. */
async function commitPortion(
  { ledger }: BillingDependencies,
  portion: readonly Attempt[],
  results: Map<Attempt, LedgerCommit>,
): Promise<void> {
  const recorded = portion.filter(({ applied }) => applied.planned.some(({ entry }) => entry !== null));
  if (recorded.length === 0) return;
  const commits = await ledger.commit(recorded.map(ledgerBatch));
  for (const [index, attempt] of recorded.entries()) results.set(attempt, commits[index] as LedgerCommit);
}

/** Every one is finished before an error leaves: nothing of this batch goes on when it is tried again. */
async function all(attempts: readonly Attempt[], work: (attempt: Attempt) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(attempts.map(work));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function ledgerBatch({ work, applied }: Attempt): LedgerBatch {
  const entries = applied.planned.flatMap(({ entry }) => (entry === null ? [] : [entry]));
  entries.sort((one, other) => (one.sequence < other.sequence ? -1 : 1));
  return { walletId: work.walletId, epoch: applied.epoch, entries };
}

async function repair(
  { metrics, pause }: BillingDependencies,
  charger: WalletCharger,
  suspects: Set<string>,
  attempt: Attempt,
  result: LedgerCommit,
): Promise<void> {
  const { walletId } = attempt.work;
  if (result.kind === "duplicate") {
    metrics.count("duplicate", result.eventIds.length);
    for (const eventId of result.eventIds) attempt.ledgered.add(eventId);
    if (suspects.size >= MAX_SUSPECTS) suspects.clear();
    suspects.add(walletId);
  } else {
    metrics.count(result.kind === "gap" ? "gap" : "fenced", 1);
    if (result.kind === "gap" && (attempt.gaps += 1) < GAP_ROUNDS) {
      await pause(GAP_PAUSE_MS * attempt.gaps);
      await charger.state(walletId);
      return;
    }
    // Fenced by somebody who has loaded the new epoch already: only charge again.
    if (result.kind === "fenced" && (await charger.state(walletId)).epoch > attempt.applied.epoch) return;
  }
  attempt.gaps = 0;
  metrics.count("rebuilt", 1);
  await charger.rebuild(walletId);
  // The wallet is as the ledger has it again: the record that is wrong goes to the dead letters alone.
  const [conflicting] = result.kind === "duplicate" ? result.conflicting : [];
  if (conflicting !== undefined) {
    metrics.count("conflict", 1);
    throw sameIdOtherBody(conflicting);
  }
}

async function askForSuspects(
  { ledger, metrics }: BillingDependencies,
  suspects: Set<string>,
  attempts: readonly Attempt[],
): Promise<void> {
  if (suspects.size === 0) return;
  for (const attempt of attempts) {
    if (!suspects.has(attempt.work.walletId)) continue;
    const found = await ledger.find(attempt.work.events.map(eventKey));
    if (found.length === 0) suspects.delete(attempt.work.walletId);
    metrics.count("duplicate", found.length);
    const fingerprints = new Map(attempt.work.events.map(({ event }) => [event.id, fingerprintOf(event)]));
    for (const { eventId, fingerprint } of found) {
      if (fingerprint !== null && fingerprint !== fingerprints.get(eventId)) {
        metrics.count("conflict", 1);
        throw sameIdOtherBody(eventId);
      }
      attempt.ledgered.add(eventId);
    }
  }
}

function eventKey({ event }: WalletWork["events"][number]): { eventId: string; acceptedAt: number } {
  return { eventId: event.id, acceptedAt: event.acceptedAt };
}

function countApplied({ metrics }: BillingDependencies, { applied }: Attempt): void {
  let [charged, entered, free, redelivered] = [0, 0, 0, 0];
  for (const { entry, balanceAfter, admitted } of applied.planned) {
    if (balanceAfter === null) redelivered += 1;
    else if (entry === null) free += 1;
    else if (admitted.kind === "usage") charged += 1;
    else entered += 1;
  }
  metrics.count("charged", charged);
  metrics.count("entered", entered);
  metrics.count("free", free);
  metrics.count("redelivered", redelivered);
}

/** Also those of entries that came again: the process may have died between the ledger and the triggers. */
async function publishTriggers(
  dependencies: BillingDependencies,
  attempts: readonly Attempt[],
): Promise<void> {
  const at = dependencies.clock.now();
  const triggers = [];
  for (const attempt of attempts) {
    const { wallet } = attempt.work;
    triggers.push(
      ...thresholdTriggers(
        await balanceSteps(dependencies, attempt),
        wallet.configuration,
        wallet.tenant.tenantId,
        at,
      ),
    );
  }
  if (triggers.length === 0) return;
  dependencies.metrics.count("triggers", triggers.length);
  await dependencies.publisher.publish(
    triggers.map((trigger) => ({
      topic: TRIGGERS_TOPIC,
      key: trigger.walletId,
      value: JSON.stringify(trigger),
    })),
  );
}

async function balanceSteps(
  { ledger }: BillingDependencies,
  { work, applied, ledgered }: Attempt,
): Promise<BalanceStep[]> {
  const steps: BalanceStep[] = [];
  for (const { entry, balanceAfter } of applied.planned) {
    // What the store knew moved no counter, and so no alert: else it was rebuilt, and the ledger knew it.
    if (entry !== null && balanceAfter !== null)
      steps.push({ sequence: entry.sequence, balanceAfter, counters: entry.counters });
  }
  if (ledgered.size === 0) return steps;
  const found = await ledger.find(work.events.filter(({ event }) => ledgered.has(event.id)).map(eventKey));
  return [...steps, ...found].sort((one, other) => (one.sequence < other.sequence ? -1 : 1));
}
