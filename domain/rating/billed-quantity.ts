import { Poison } from "#domain/errors.ts";
import { parseMoney, UNITS_PER_ONE } from "#domain/money/money.ts";
import type { Pulse, SizePrice } from "./rate-card-model.ts";

/** Seconds or bytes beyond this are a mistake of a meter; it also keeps every product small. */
const ATTRIBUTE_MAX = 10n ** 15n;

/**
 * What is billed of an attribute in started pulses: nothing of zero, then `initial`, then by `increment`. An event without the
 * attribute is billed its first pulse, so that leaving it out never makes the event free.
 */
export function billedPulses(
  { attribute, initial, increment }: Pulse,
  attributes: Readonly<Record<string, string>>,
): bigint {
  const value = readAttribute(attribute, attributes);
  if (value === 0n) return 0n;
  const first = BigInt(initial);
  const step = BigInt(increment);
  if (value === null || value <= first) return first === 0n ? step : first;
  return first + ((value - first + step - 1n) / step) * step;
}

/** How many times `per` was started; once for an event without the attribute. */
export function startedSizes(
  { attribute, per }: Pick<SizePrice, "attribute" | "per">,
  attributes: Readonly<Record<string, string>>,
): bigint {
  const value = readAttribute(attribute, attributes);
  if (value === null) return 1n;
  const step = BigInt(per);
  return (value + step - 1n) / step;
}

/** The attribute's number, rounded up to a whole one; null when the event does not have it. */
function readAttribute(name: string, attributes: Readonly<Record<string, string>>): bigint | null {
  const text = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (text === undefined) return null;
  const amount = parseMoney(text);
  if (amount === null || amount < 0n || amount > ATTRIBUTE_MAX * UNITS_PER_ONE)
    throw new Poison(`attribute ${name} must be a number from 0 to ${ATTRIBUTE_MAX}`);
  return (amount + UNITS_PER_ONE - 1n) / UNITS_PER_ONE;
}
