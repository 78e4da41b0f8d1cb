import { loadFormulas, mayHoldFormulas } from "#domain/rating/formula.ts";
import { effectiveFrom, parseRateCard } from "#domain/rating/rate-card.ts";
import type { CardRemark, RateCardParsed } from "#domain/rating/rate-card-model.ts";
import type { GatewayDependencies, StoredRateCard } from "./dependencies.ts";
import { validationProblem } from "./problems.ts";

/** Reads a card's text, stores it as the next version and has it announced. Throws `validation_failed` with every problem's path. */
export async function storeRateCard(
  { rateCards, announcements, clock }: Pick<GatewayDependencies, "rateCards" | "announcements" | "clock">,
  source: string,
  actor: string,
): Promise<{
  readonly card: StoredRateCard;
  readonly created: boolean;
  readonly warnings: readonly CardRemark[];
}> {
  const parsed = await readRateCard(source);
  if (!parsed.ok) throw validationProblem(parsed.problems);
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
  return { card, created, warnings: parsed.warnings };
}

/** Reads a card's text, also one with formulas. */
export async function readRateCard(source: string): Promise<RateCardParsed> {
  if (mayHoldFormulas(source)) await loadFormulas();
  return parseRateCard(source);
}
