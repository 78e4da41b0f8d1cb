import { type CompiledRateCard, compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import { loadFormulas, mayHoldFormulas } from "#domain/rating/formula.ts";
import type { RateCardVersion } from "#domain/rating/rate-card-version.ts";
import type { ReRatedLine, ReRating, ReRatingWork } from "#domain/rating/re-rating.ts";
import { compileTerms } from "#domain/rating/terms.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { reRate, type ReRatingTerms } from "./re-rate.ts";

/** Entries looked at, and so charges in memory, at a time: some twenty milliseconds of one core. */
const SPAN = 5_000;
/** Corrections decided in one transaction, each under a lock of its charge. */
const CORRECTIONS_PER_TURN = 500;
/** Pages of one pass and re-rating: a large one shares the process with what else it does, and with the others. */
const PAGES_PER_PASS = 50;

export interface ReRatingDependencies {
  readonly work: ReRatingWork;
  readonly tenant: (tenantId: string) => Promise<TenantConfiguration | null>;
  /** Every version of a card. */
  readonly versions: (rateCardId: string) => Promise<readonly RateCardVersion[]>;
}

/**
 * One pass over the re-ratings under way: computes reports, and turns approved ones into corrections. A pass that was killed is taken
 * up at its last page. Answers how many charges were examined and corrections decided.
 * @throws Unavailable when PostgreSQL cannot be reached.
 */
export async function runReRatings(
  dependencies: ReRatingDependencies,
): Promise<{ readonly examined: number; readonly corrected: number }> {
  let examined = 0;
  let corrected = 0;
  for (const reRating of await dependencies.work.underWay()) {
    if (reRating.status === "computing") examined += await compute(dependencies, reRating);
    else corrected += await post(dependencies, reRating);
  }
  return { examined, corrected };
}

async function compute(dependencies: ReRatingDependencies, reRating: ReRating): Promise<number> {
  const { work } = dependencies;
  const by = await termsOf(dependencies, reRating);
  if ("problem" in by) {
    await work.failed(reRating.reRatingId, by.problem);
    return 0;
  }
  let examined = 0;
  for (let page = 0; page < PAGES_PER_PASS; page += 1) {
    const charges = await work.charges(reRating.reRatingId, SPAN);
    if (charges === null) {
      await work.reported(reRating.reRatingId);
      break;
    }
    const lines: ReRatedLine[] = [];
    const skipped: Record<string, number> = {};
    for (const event of charges.events) {
      const result = reRate(event, by);
      if (result.kind === "changed") lines.push(result.line);
      else if (result.kind === "skipped") skipped[result.reason] = (skipped[result.reason] ?? 0) + 1;
    }
    await work.record(reRating.reRatingId, {
      walletId: charges.walletId,
      after: charges.after,
      last: charges.last,
      examined: charges.events.length,
      lines,
      skipped,
    });
    examined += charges.events.length;
  }
  return examined;
}

async function post({ work }: ReRatingDependencies, { reRatingId }: ReRating): Promise<number> {
  let corrected = 0;
  for (let turn = 0; turn < PAGES_PER_PASS; turn += 1) {
    const left = await work.correct(reRatingId, CORRECTIONS_PER_TURN);
    corrected += Math.min(left, CORRECTIONS_PER_TURN);
    if (left <= CORRECTIONS_PER_TURN) break;
  }
  return corrected;
}

async function termsOf(
  { tenant, versions }: ReRatingDependencies,
  reRating: ReRating,
): Promise<ReRatingTerms | { readonly problem: string }> {
  const configuration = await tenant(reRating.tenantId);
  if (configuration === null) return { problem: `tenant ${reRating.tenantId} does not exist` };
  const zone = zoneClock(configuration.timezone);
  if (zone === null) return { problem: `time zone ${configuration.timezone} is unknown` };
  const terms = compileTerms(configuration);
  if ("problem" in terms) return terms;
  const stored = await versions(reRating.rateCardId);
  if (stored.some(({ source }) => mayHoldFormulas(source))) await loadFormulas();
  const card = cardOf(stored, reRating);
  return "problem" in card ? card : { card, terms, zone, currency: reRating.currency };
}

function cardOf(
  versions: readonly RateCardVersion[],
  { rateCardId, version }: ReRating,
): CompiledRateCard | { readonly problem: string } {
  const stored = versions.find((one) => one.version === version);
  if (stored === undefined) return { problem: `rate card ${rateCardId} has no version ${version}` };
  const compiled = compileRateCardVersion(stored);
  if (compiled.ok) return compiled.card;
  return { problem: `rate card ${rateCardId}, version ${version}: ${compiled.problems[0]?.message ?? ""}` };
}
