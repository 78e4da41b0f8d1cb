import { Poison } from "#domain/errors.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import { isFrozen } from "#domain/fraud/destinations.ts";
import { createBoundedCache } from "#domain/messages/bounded-cache.ts";
import { type Channel, ratingChannel } from "#domain/messages/channels.ts";
import { destinationPrefix, type E164Number, readNumber, readSender } from "#domain/messages/numbers.ts";
import type { NumberRanges } from "#domain/messages/ports.ts";
import { DEFAULT_MAX_PARTS, encodingOf, segment } from "#domain/messages/segmentation.ts";
import {
  DEFAULT_VALIDITY_MS,
  MAX_REFERENCE_LENGTH,
  MAX_VALIDITY_MS,
  MIN_VALIDITY_MS,
  type Refused,
  refused,
  type Submission,
} from "#domain/messages/submission.ts";
import { formatMoney, type Money, money, parseMoney, ZERO } from "#domain/money/money.ts";
import type { Pseudonyms } from "#domain/privacy/ports.ts";
import { holdFor, PLAIN_EVENT } from "#domain/rating/rate.ts";
import { compileTerms } from "#domain/rating/terms.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import { priceSources, type PriceSources, rateCardIdOf, walletFor } from "#domain/tenants/price-sources.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";

export interface PrepareDependencies {
  readonly control: Pick<ControlView, "tenant" | "rateCard" | "fx" | "supplier" | "load">;
  readonly ranges: NumberRanges;
  readonly pseudonyms: Pseudonyms;
  /** Channels that have a carrier or platform behind them. */
  readonly channels: ReadonlySet<Channel>;
}

/** A submission that may go: what to reserve, and the event to publish once that is done. */
export interface Prepared {
  readonly ok: true;
  readonly event: MessageSubmitted;
  readonly amount: Money;
  readonly creditLimit: Money;
}

/** Reading a number takes 9 µs, remembering it 0.1; about 100 bytes each, so two generations of both take 20 MB at most. */
const REMEMBERED_NUMBERS = 50_000;
/** Longer than any platform behind the other channels takes (Viber: 7,000). */
const MAX_TEXT_LENGTH = 10_000;
const FROZEN =
  "to lies in a range that is closed to this tenant while a suspected fraud is looked into: ask the operator.";
const COUNTRY = /^[A-Z]{2}$/;
const MAX_OPERATOR_LENGTH = 64;

interface Payer {
  readonly tenant: TenantConfiguration;
  readonly wallet: WalletConfiguration;
}

interface Addresses extends E164Number {
  readonly from: string;
}

/** Reads, resolves and prices one submission; pure but for its caches of numbers. `messageId` and `acceptedAt` become the event's. */
export function createPreparation(
  dependencies: PrepareDependencies,
): (submission: Submission, messageId: string, acceptedAt: number) => Prepared | Refused {
  const { control, ranges, pseudonyms, channels } = dependencies;
  const offered = [...channels].join(", ");
  const numbers = createBoundedCache<{ readonly value: E164Number | null }>(REMEMBERED_NUMBERS);
  const senders = createBoundedCache<{ readonly value: string | null }>(REMEMBERED_NUMBERS);

  return (submission, messageId, acceptedAt) => {
    const payer = findPayer(control, submission);
    if ("ok" in payer) return payer;
    const { tenant, wallet } = payer;
    if (!channels.has(submission.channel))
      return refused("channel_not_available", `Channel is not offered here: choose one of ${offered}.`);
    const addresses = readAddresses(submission, tenant.country);
    if ("ok" in addresses) return addresses;
    const place = readPlace(ranges, submission, tenant, addresses);
    if (isFrozen(tenant.frozenDestinations, addresses.number, [addresses.country, place.country]))
      return refused("destination_frozen", FROZEN);
    const content = readContent(submission);
    if ("ok" in content) return content;
    const holds = holdsAt(control, payer, submission.channel, acceptedAt, {
      ...place,
      prefix: destinationPrefix(addresses.number),
    });
    if ("ok" in holds) return holds;
    const event: MessageSubmitted = {
      v: 1,
      type: "message.submitted",
      messageId,
      tenantId: tenant.tenantId,
      walletId: wallet.walletId,
      channel: submission.channel,
      direction: "outbound",
      conversation: pseudonyms.conversation(tenant.tenantId, addresses.from, addresses.number),
      from: addresses.from,
      to: addresses.number,
      text: submission.text,
      ...content,
      ...place,
      acceptedAt,
      expiresAt: acceptedAt + (submission.validityMs ?? DEFAULT_VALIDITY_MS),
      origin: origin(submission),
      holds: {
        scan: formatMoney(holds.scan),
        submit: formatMoney(holds.submit),
        part: formatMoney(holds.part),
      },
      ...(submission.reference === undefined ? {} : { reference: submission.reference }),
    };
    const amount = money(holds.scan + holds.submit + holds.part * BigInt(content.parts));
    return { ok: true, event, amount, creditLimit: parseMoney(wallet.creditLimit) ?? ZERO };
  };

  function readAddresses({ from, to }: Submission, country: string): Addresses | Refused {
    const destination = numbers(`${country}${to}`, () => ({ value: readNumber(to, country) })).value;
    if (destination === null) {
      return refused(
        "invalid_destination",
        "to is no phone number: write it with + and its country code, as in +14155552671.",
      );
    }
    const sender = senders(`${country}${from}`, () => ({ value: readSender(from, country) })).value;
    if (sender === null) {
      return refused(
        "invalid_sender",
        "from is no sender: use up to 11 GSM characters with a letter among them, a short code of 3 to 8 digits, or a phone number with +.",
      );
    }
    return { ...destination, from: sender };
  }
}

function findPayer(
  control: PrepareDependencies["control"],
  { tenantId, channel }: Submission,
): Payer | Refused {
  const tenant = control.tenant(tenantId);
  if (tenant === undefined) return refused("unknown_tenant", "tenantId names no tenant: check it.");
  if (tenant.status === "suspended") {
    return refused("tenant_suspended", "The tenant is suspended: settle its account or ask the operator.");
  }
  if (tenant.status !== "active") {
    return refused(
      "tenant_not_active",
      `The tenant is ${tenant.status === "closed" ? "closed" : "still being set up"}.`,
    );
  }
  const wallet = walletFor(tenant, ratingChannel(channel));
  if (wallet === undefined)
    return refused("no_wallet", "The tenant has no wallet yet: finish its onboarding.");
  if (rateCardIdOf(tenant, wallet) === null)
    return refused("no_rate_card", "The tenant has no rate card in force: give it one.");
  return { tenant, wallet };
}

function readContent(submission: Submission): Pick<MessageSubmitted, "encoding" | "parts"> | Refused {
  const { text, channel, validityMs, reference } = submission;
  if (text === "") return refused("empty_text", "text is empty: give the message a text.");
  if (validityMs !== undefined && !(validityMs >= MIN_VALIDITY_MS && validityMs <= MAX_VALIDITY_MS)) {
    return refused("invalid_validity", "validityMs must lie between a second and seven days.");
  }
  if (reference !== undefined && reference.length > MAX_REFERENCE_LENGTH) {
    return refused("invalid_reference", `reference must have at most ${MAX_REFERENCE_LENGTH} characters.`);
  }
  if (text.length > MAX_TEXT_LENGTH) {
    return refused("text_too_long", `text must have at most ${MAX_TEXT_LENGTH} characters: shorten it.`);
  }
  if (channel !== "sms") return { encoding: encodingOf(text), parts: 1 };
  const segments = segment(text);
  if (segments.ok) return { encoding: segments.encoding, parts: segments.parts };
  return refused(
    "text_too_long",
    `text needs ${segments.parts} SMS parts, of which ${DEFAULT_MAX_PARTS} are allowed: shorten it or send it as several messages.`,
  );
}

/** What a trusted tenant says of the destination; a hint that cannot be one is ignored. */
function trustedHints({ countryHint, operatorHint }: Submission): { country?: string; operator?: string } {
  return {
    ...(countryHint !== undefined && COUNTRY.test(countryHint) ? { country: countryHint } : {}),
    ...(operatorHint !== undefined && operatorHint !== "" && operatorHint.length <= MAX_OPERATOR_LENGTH
      ? { operator: operatorHint }
      : {}),
  };
}

function readPlace(
  ranges: NumberRanges,
  submission: Submission,
  { trustedHints: trusted }: TenantConfiguration,
  { number, country }: Addresses,
): Pick<MessageSubmitted, "country" | "operator"> {
  const hints = trusted ? trustedHints(submission) : {};
  return { country: hints.country ?? country, operator: hints.operator ?? ranges.operator(number, country) };
}

function holdsAt(
  control: PrepareDependencies["control"],
  payer: Payer,
  channel: Channel,
  at: number,
  place: Place,
): Holds | Refused {
  const sources = priceSources(control, payer.tenant, payer.wallet, {
    ...place,
    at,
    connector: null,
    load: null,
  });
  if ("problem" in sources) return refused("no_rate_card", `${sources.problem}.`);
  const holds = priceHolds(payer, sources, channel, at, place);
  return holds ?? refused("no_rate_card", "The rate card cannot price this message: correct the card.");
}

interface Place {
  readonly country: string | null;
  readonly operator: string | null;
  readonly prefix: string;
}

interface Holds {
  readonly scan: Money;
  readonly submit: Money;
  readonly part: Money;
}

/** What each billable event of the message may cost at most: its price now without volume discount. Null where the card's figures exceed the ledger. */
function priceHolds(
  { tenant, wallet }: Payer,
  { card, fx, load }: PriceSources,
  messageChannel: Channel,
  at: number,
  place: Place,
): Holds | null {
  const terms = compileTerms(tenant);
  const zone = zoneClock(tenant.timezone);
  if ("problem" in terms || zone === null) return null;
  const channel = ratingChannel(messageChannel);
  const submitType = channel === "sms" ? "sms.submit" : `${channel}.send`;
  const price = (eventType: string, rated: string): Money =>
    holdFor({
      ...PLAIN_EVENT,
      card,
      eventType,
      channel: rated,
      at,
      units: 1,
      zone,
      terms,
      fx,
      load,
      contract: wallet.contract ?? null,
      ...place,
    });
  try {
    return {
      scan: price("firewall.scan", "firewall"),
      submit: price(submitType, channel),
      part: price(`${channel}.delivered`, channel),
    };
  } catch (error) {
    if (error instanceof Poison) return null;
    throw error;
  }
}

function origin({ door, systemId, receipt }: Submission): MessageSubmitted["origin"] {
  return { door, ...(systemId === undefined ? {} : { systemId }), receipt };
}
