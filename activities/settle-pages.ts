import type { Clock } from "#domain/clock.ts";
import { Unavailable } from "#domain/errors.ts";
import { settlementDay, type SettlementDay } from "#domain/settlement/day.ts";
import type { Difference } from "#domain/settlement/differences.ts";
import { invoiceDifference, type IssuedInvoice } from "#domain/settlement/invoice-check.ts";
import { chargeDifference, type ChargeDifference } from "#domain/settlement/message-check.ts";
import type {
  BookRepairs,
  IssuedInvoices,
  SettlementBooks,
  SettlementRecord,
  WalletToSettle,
} from "#domain/settlement/ports.ts";
import type { InvoicesLine } from "#domain/settlement/report.ts";
import { addTotals, plus, totalsOf } from "#domain/settlement/totals.ts";
import {
  cacheDifference,
  chainDifference,
  hasGaps,
  maySuspectCache,
  settledDifference,
  walletDifferences,
} from "#domain/settlement/wallet-check.ts";
import { formatMoney } from "#domain/money/money.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";
import type { SettlementActivities, Stretch, StretchEnd, Tally } from "#workflows/settlement/api.ts";
import { settleDifferences, type Found } from "./settle-differences.ts";

/** What a long activity tells of itself: how far it is, so that its next attempt goes on there, and that it may be cancelled. */
export interface StretchProgress {
  /** What the attempt before told last; undefined where there was none, or it told nothing. */
  last(): unknown;
  tell(details: unknown): void;
  /** @throws when the flow was cancelled. */
  throwIfCancelled(): void;
}

export interface PagesDependencies {
  readonly books: SettlementBooks;
  readonly record: SettlementRecord;
  readonly repairs: BookRepairs;
  readonly invoices: IssuedInvoices;
  /** Of Redis: its word is compared, and never posted. */
  readonly wallets: Pick<WalletStore, "held">;
  readonly progress: StretchProgress;
  readonly pause: (ms: number) => Promise<unknown>;
  readonly clock: Clock;
}

/** One query and one round of Redis: a tenth of a second. */
export const WALLETS_PER_BATCH = 500;
/** Then the flow's history says how far it is. */
const BATCHES_PER_STRETCH = 40;
const INVOICES_PER_BATCH = 500;
/** A batch of charges on its way differs for milliseconds; what still does after so long is a difference. */
const LOOK_AGAIN_MS = 1_000;

type Pages = Pick<SettlementActivities, "settleWallets" | "settleMessages" | "settleInvoices">;

/** The comparisons that go page by page, each going on at its last heartbeat. */
export function createSettlementPages(dependencies: PagesDependencies): Pages {
  return {
    settleWallets: (stretch) => eachBatch(dependencies, stretch, walletBatch),
    settleMessages: (stretch) => eachBatch(dependencies, stretch, messageBatch),
    settleInvoices: (stretch) => eachBatch(dependencies, stretch, invoiceBatch),
  };
}

interface Batch {
  readonly day: SettlementDay;
  readonly after: string | null;
  readonly tally: Tally;
  readonly settle: (found: readonly Found[], tally: Tally) => Promise<Tally>;
}

type RunBatch = (dependencies: PagesDependencies, batch: Batch) => Promise<StretchEnd>;

async function eachBatch(
  dependencies: PagesDependencies,
  { run, after, tally }: Stretch,
  runBatch: RunBatch,
): Promise<StretchEnd> {
  const { progress, record, clock } = dependencies;
  const day = settlementDay(run.day);
  if (day === null) throw new RangeError(`${run.day} is no day`);
  // Cursor and counts travel together: a batch that was not told of is done again, and counted once.
  let at: StretchEnd = (progress.last() as StretchEnd | undefined) ?? { after, tally };
  const settle: Batch["settle"] = async (found, so) => ({
    ...so,
    counts: await settleDifferences(record, { ...run, at: clock.now() }, found, so.counts),
  });
  for (let batch = 0; batch < BATCHES_PER_STRETCH; batch += 1) {
    at = await runBatch(dependencies, { day, ...at, settle });
    if (at.after === null) break;
    progress.tell(at);
    progress.throwIfCancelled();
  }
  return at;
}

async function walletBatch(dependencies: PagesDependencies, batch: Batch): Promise<StretchEnd> {
  const { books } = dependencies;
  const { day, after, tally, settle } = batch;
  const page = await books.wallets(day, after, WALLETS_PER_BATCH);
  const { found, damaged } = await ledgerFindings(books, day.day, page);
  const cache = await cacheFindings(dependencies, page);
  // A damaged wallet is neither settled nor added up: it is found again until it is mended.
  const sound = page.filter(({ books: { walletId } }) => !damaged.has(walletId));
  const settled = await settle([...found, ...cache.found], {
    ...tally,
    compared: {
      ...tally.compared,
      wallets: tally.compared.wallets + page.length,
      cached: tally.compared.cached + cache.held,
    },
    totals: addTotals(tally.totals, totalsOf(sound.map((wallet) => wallet.day))),
  });
  await books.keep(
    day.day,
    sound.filter((wallet) => wallet.settled === null && wallet.day.entries > 0n).map((wallet) => wallet.day),
  );
  const last = page.at(-1)?.books.walletId ?? null;
  return { after: page.length < WALLETS_PER_BATCH ? null : last, tally: settled };
}

async function ledgerFindings(
  books: SettlementBooks,
  day: string,
  page: readonly WalletToSettle[],
): Promise<{ readonly found: Found[]; readonly damaged: ReadonlySet<string> }> {
  const found: Found[] = [];
  const damaged = new Set<string>();
  for (const wallet of page) {
    const { walletId, opening } = wallet.books;
    const gaps = hasGaps(wallet.books) ? await books.gaps(walletId, opening.sequence) : [];
    const ofWallet = walletDifferences(wallet.books, gaps);
    // Where entries are missing or too many, their sums say nothing more.
    const whole = ofWallet.every(({ kind }) => kind !== "entries_missing" && kind !== "entries_repeated");
    const differences = [
      ...ofWallet,
      whole ? chainDifference(wallet.day) : null,
      wallet.settled === null ? null : settledDifference(day, wallet.settled, wallet.day),
    ].filter((difference) => difference !== null);
    if (differences.some(({ kind }) => kind !== "volume_differs")) damaged.add(walletId);
    found.push(...differences.map((difference): Found => ({ difference, repair: null })));
  }
  return { found, damaged };
}

/** A cache that is away, cold or read-only decides nothing and stops nothing: charging asks the ledger by itself. */
async function cacheFindings(
  { books, wallets, repairs, pause }: PagesDependencies,
  page: readonly WalletToSettle[],
): Promise<{ readonly held: number; readonly found: Found[] }> {
  const held = await ifThere(() =>
    Promise.all(page.map(({ books: { walletId } }) => wallets.held(walletId))),
  );
  if (held === null) return { held: 0, found: [] };
  const suspects = page.flatMap((wallet, index) => {
    const of = held[index] ?? null;
    return maySuspectCache(wallet.books, of) ? [{ books: wallet.books, held: of }] : [];
  });
  const found: Found[] = [];
  if (suspects.length > 0) await pause(LOOK_AGAIN_MS);
  for (const suspect of suspects) {
    const { walletId } = suspect.books;
    const later = await ifThere(() => wallets.held(walletId));
    const again = { held: later, ledger: await books.position(walletId) };
    const difference = cacheDifference(suspect.books, suspect.held, again);
    const repair = async (): Promise<boolean> => (await ifThere(() => repairs.cache(walletId))) ?? false;
    if (difference !== null) found.push({ difference, repair });
  }
  return { held: held.filter((of) => of !== null).length, found };
}

async function ifThere<Result>(ask: () => Promise<Result>): Promise<Result | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Unavailable && error.service === "Redis") return null;
    throw error;
  }
}

async function messageBatch(
  { books, repairs }: PagesDependencies,
  { day, after, tally, settle }: Batch,
): Promise<StretchEnd> {
  const { compared, differences, last } = await books.messages(day, after);
  const found = differences.map((difference) => ({
    difference: chargeDifference(difference),
    repair: () => mendCharge(repairs, difference),
  }));
  const unposted: readonly Difference[] = last === null ? await books.unpostedCorrections(day.to) : [];
  const settled = await settle(
    [...found, ...unposted.map((difference): Found => ({ difference, repair: null }))],
    { ...tally, compared: { ...tally.compared, messages: tally.compared.messages + compared } },
  );
  return { after: last, tally: settled };
}

function mendCharge(repairs: BookRepairs, difference: ChargeDifference): Promise<boolean> {
  return difference.kind === "charge_missing"
    ? repairs.missingCharge(difference)
    : repairs.unexplainedCharge(difference);
}

async function invoiceBatch(
  { invoices }: PagesDependencies,
  { day, after, tally, settle }: Batch,
): Promise<StretchEnd> {
  const page = await invoices.issued(day, after, INVOICES_PER_BATCH);
  const found = page.flatMap((invoice): Found[] => {
    const difference = invoiceDifference(invoice);
    return difference === null ? [] : [{ difference, repair: null }];
  });
  const settled = await settle(found, {
    ...tally,
    compared: { ...tally.compared, invoices: tally.compared.invoices + page.length },
    invoices: addInvoices(tally.invoices, page),
  });
  const last = page.at(-1)?.number ?? null;
  return { after: page.length < INVOICES_PER_BATCH ? null : last, tally: settled };
}

function addInvoices(lines: readonly InvoicesLine[], page: readonly IssuedInvoice[]): InvoicesLine[] {
  const byCurrency = new Map(lines.map((line) => [line.currency, line]));
  for (const { currency, total, entered, rounding } of page) {
    const line = byCurrency.get(currency) ?? { currency, count: 0, total: "0", entered: "0", rounding: "0" };
    byCurrency.set(currency, {
      currency,
      count: line.count + 1,
      total: plus(line.total, formatMoney(total)),
      entered: plus(line.entered, formatMoney(entered)),
      rounding: plus(line.rounding, formatMoney(rounding)),
    });
  }
  return [...byCurrency.values()].sort((one, other) => (one.currency < other.currency ? -1 : 1));
}
