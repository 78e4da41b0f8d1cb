import { isLosslessNumber, LosslessNumber, parse, stringify } from "lossless-json";
import { principalEvent, RATING_CHANNELS } from "./event-types.ts";
import { isObject } from "./json-reader.ts";

export type CardWithFormula =
  | { readonly ok: true; readonly source: string }
  | { readonly ok: false; readonly message: string };

/**
 * A card's text with an event's formula set, or taken away by null; every other value keeps its digits.
 * @param source JSON text of a card that parseRateCard accepted.
 * @param eventType canonical.
 */
export function withFormula(source: string, eventType: string, formula: string | null): CardWithFormula {
  const card = parse(source);
  const channel = RATING_CHANNELS.find((name) => eventType.startsWith(`${name}.`));
  if (channel === undefined)
    return { ok: false, message: `names no channel: it begins with one of ${RATING_CHANNELS.join(", ")}` };
  if (!isObject(card) || !isObject(card["rates"]))
    return { ok: false, message: "belongs to a card without rates" };
  const rates = card["rates"] as Record<string, unknown>;
  const prices = { ...(isObject(rates[channel]) ? rates[channel] : {}) } as Record<string, unknown>;
  if (eventType === principalEvent(channel)) setFormula(prices, formula);
  else {
    const events = { ...(isObject(prices["events"]) ? prices["events"] : {}) } as Record<string, unknown>;
    const event = eventFields(events[eventType]);
    setFormula(event, formula);
    events[eventType] = event;
    prices["events"] = events;
  }
  rates[channel] = prices;
  return { ok: true, source: stringify(card) ?? source };
}

/** A plain price becomes an object, so that a formula can stand beside it. */
function eventFields(value: unknown): Record<string, unknown> {
  if (isLosslessNumber(value) || typeof value === "string") return { rate: value };
  return isObject(value) && !(value instanceof LosslessNumber) ? { ...value } : {};
}

function setFormula(fields: Record<string, unknown>, formula: string | null): void {
  if (formula === null) delete fields["formula"];
  else fields["formula"] = formula;
}
