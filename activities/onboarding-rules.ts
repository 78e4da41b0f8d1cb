import { parseMoney } from "#domain/money/money.ts";
import { parseTaxId } from "#domain/tax/tax-id.ts";
import {
  onboardingInput,
  type OnboardingInput,
  type OnboardingProblem,
} from "#workflows/tenant-onboarding/api.ts";

/** What is wrong with an input by itself, whatever else exists; empty when nothing is. */
export function problemsOf(input: OnboardingInput): OnboardingProblem[] {
  const parsed = onboardingInput.safeParse(input);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => ({ field: path.join("."), reason: message }));
  }
  const { timezone, country, wallet, taxId } = parsed.data;
  const problems: OnboardingProblem[] = [];
  const require = (holds: boolean, field: string, reason: string): void => {
    if (!holds) problems.push({ field, reason });
  };
  require(isTimezone(timezone), "timezone", "is not in the IANA time zone database");
  require(isCountry(country), "country", "is not an ISO 3166-1 country");
  require(Intl.supportedValuesOf("currency").includes(
    wallet.currency,
  ), "wallet.currency", "is not an ISO 4217 currency");
  require(wallet.kind === "postpaid" ||
    parseMoney(wallet.creditLimit) === 0n, "wallet.creditLimit", "must be 0 for a prepaid wallet");
  require(thresholdsInOrder(wallet.thresholds), "wallet.thresholds", "critical must not be above low");
  require(!taxId || parseTaxId(taxId, country) !== null, "taxId", `is no tax id of ${country}`);
  return problems;
}

function isTimezone(timezone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** ICU names every region it knows and answers the code itself for others. */
function isCountry(country: string): boolean {
  return country !== "ZZ" && new Intl.DisplayNames("en", { type: "region" }).of(country) !== country;
}

function thresholdsInOrder({ low, critical }: OnboardingInput["wallet"]["thresholds"]): boolean {
  if (low === null || critical === null) return true;
  return (parseMoney(critical) ?? 0n) <= (parseMoney(low) ?? 0n);
}
