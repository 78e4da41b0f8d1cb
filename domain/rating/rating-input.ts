import type { Percent } from "#domain/money/percent.ts";
import type { UnitCost } from "#domain/cost/unit-cost.ts";
import type { FxQuote } from "#domain/fx/fx-quote.ts";
import type { CompiledRateCard } from "./compiled-rate-card.ts";
import type { TenantTerms } from "./terms.ts";
import type { CounterKey } from "./volume-counters.ts";
import type { ZoneClock } from "./zone-clock.ts";

/** One billable event, with what its tenant's configuration and wallet say. */
export interface RatingInput {
  readonly card: CompiledRateCard;
  /** An alias such as sms.deliver will do. */
  readonly eventType: string;
  /** The event's channel; rcs-google and rcs-custom are rated under rcs unless the card names them. */
  readonly channel: string;
  /** Epoch ms of the action. */
  readonly at: number;
  /** A whole number from 1. */
  readonly units: number;
  /** ISO 3166-1 alpha-2, null when unknown. */
  readonly country: string | null;
  readonly operator: string | null;
  /** Leading digits of the E.164 number, at most 9, never its last four; null when unknown. */
  readonly prefix: string | null;
  /** What else describes the action: WhatsApp's category, a file's bytes, a call's seconds. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Messages in the request that this event belongs to; 1 = single. */
  readonly requestSize: number;
  /** The platform's load when it happened, null when unknown. */
  readonly load: Percent | null;
  /** The tenant's: months turn in it. */
  readonly zone: ZoneClock;
  /** The wallet's counters before this event; one that is absent is zero. */
  readonly counters: ReadonlyMap<CounterKey, bigint>;
  readonly terms: TenantTerms;
  /** From the card's currency to the wallet's; null where they are the same. */
  readonly fx: FxQuote | null;
  /** What the supplier takes per unit, null when unknown. */
  readonly cost: UnitCost | null;
  /** The contract that the wallet belongs to. */
  readonly contract: string | null;
}

/** What an event says that has no more to say than its type, place and time. */
export const PLAIN_EVENT: Pick<
  RatingInput,
  "prefix" | "attributes" | "requestSize" | "load" | "fx" | "cost" | "contract"
> = Object.freeze({
  prefix: null,
  attributes: Object.freeze({}),
  requestSize: 1,
  load: null,
  fx: null,
  cost: null,
  contract: null,
});
