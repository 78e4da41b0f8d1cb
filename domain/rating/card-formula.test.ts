import { beforeAll, describe, expect, test } from "@jest/globals";
import { withFormula } from "./card-formula.ts";
import { loadFormulas } from "./formula.ts";
import { diffRateCards } from "./rate-card-diff.ts";
import { parseRateCard } from "./rate-card.ts";

const CARD = `{"rate_card_id":"RC","name":"N","currency":"USD","effective_date":"2024-01-01",
  "rates":{"sms":{"base_rate":1e-18,"events":{"sms.submit":0.0010}}}}`;

beforeAll(() => loadFormulas());

function changed(eventType: string, formula: string | null, card = CARD): string {
  const result = withFormula(card, eventType, formula);
  if (!result.ok) throw new Error(result.message);
  expect(parseRateCard(result.source)).toMatchObject({ ok: true });
  return result.source;
}

describe("withFormula", () => {
  test("changes nothing but the formula, and keeps every digit", () => {
    const card = changed("sms.delivered", "rate * 2");
    expect(diffRateCards(CARD, card).changes).toEqual([
      { path: "rates.sms.formula", before: null, after: '"rate * 2"' },
    ]);
    expect(diffRateCards(CARD, changed("sms.delivered", null, card)).changes).toEqual([]);
  });

  test("stands beside an event's price", () => {
    expect(changed("sms.submit", "rate + 0.1")).toContain('{"rate":0.0010,"formula":"rate + 0.1"}');
  });

  test("prices an event or a channel that had no price", () => {
    expect(changed("viber.send", "0.01")).toContain('"viber":{"formula":"0.01"}');
    expect(changed("sms.dlr.callback", "0.01")).toContain('"sms.dlr.callback":{"formula":"0.01"}');
  });

  test("an event of no channel is refused", () => {
    expect(withFormula(CARD, "fax.sent", "1")).toMatchObject({ ok: false });
  });
});
