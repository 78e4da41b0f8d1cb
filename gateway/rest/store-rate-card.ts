import { compileSupplierSheet } from "#domain/cost/supplier-sheet.ts";
import { belowCost } from "#domain/rating/below-cost.ts";
import { loadFormulas, mayHoldFormulas } from "#domain/rating/formula.ts";
import { effectiveFrom, parseRateCard } from "#domain/rating/rate-card.ts";
import type { CardRemark, RateCard, RateCardParsed } from "#domain/rating/rate-card-model.ts";
import type { GatewayDependencies, StoredRateCard } from "./dependencies.ts";
import { validationProblem } from "./problems.ts";

/** Reads a card's text, stores it as the next version and has it announced. Throws `validation_failed` with every problem's path. */
export async function storeRateCard(
  dependencies: Pick<GatewayDependencies, "rateCards" | "priceRules" | "announcements" | "clock">,
  source: string,
  actor: string,
): Promise<{
  readonly card: StoredRateCard;
  readonly created: boolean;
  readonly warnings: readonly CardRemark[];
}> {
  const parsed = await readRateCard(source);
  if (!parsed.ok) throw validationProblem(parsed.problems);
  const { rateCards, announcements, clock } = dependencies;
  const losses = await belowCostOf(parsed.card, dependencies);
  if (losses.length > 0 && parsed.card.belowCost === "refuse") throw validationProblem(losses);
  const { card, created } = await rateCards.append({
    rateCardId: parsed.card.rateCardId,
    source,
    name: parsed.card.name,
    currency: parsed.card.currency,
    effectiveFrom: effectiveFrom(parsed.card),
    storedAt: clock.now(),
    actor,
  });
  await announcements.flush();
  return { card, created, warnings: [...parsed.warnings, ...losses] };
}

async function belowCostOf(
  card: RateCard,
  { priceRules, clock }: Pick<GatewayDependencies, "priceRules" | "clock">,
): Promise<CardRemark[]> {
  const [sheets, rates] = await Promise.all([priceRules.supplierSheets(), priceRules.fxRates()]);
  const byPair = new Map(rates.map((rate) => [`${rate.base}/${rate.quote}`, rate]));
  return belowCost(card, {
    sheets: sheets.map(compileSupplierSheet),
    fx: (base, quote) => byPair.get(`${base}/${quote}`),
    at: clock.now(),
  });
}

/** Reads a card's text, also one with formulas. */
export async function readRateCard(source: string): Promise<RateCardParsed> {
  if (mayHoldFormulas(source)) await loadFormulas();
  return parseRateCard(source);
}
