import { z } from "zod";

/** Longer phrases never match a whole text anyway; the bound keeps the matcher small. */
const MAX_KEYWORD_LENGTH = 200;
/** The combined matcher takes about 100 bytes per letter: 10,000 keywords of 20 letters are 20 MB. */
const MAX_KEYWORDS = 10_000;
/** The store remembers up to `limit` message ids per key and minute. */
export const MAX_VELOCITY_LIMIT = 10_000;

const velocityLimit = z.number().int().min(1).max(MAX_VELOCITY_LIMIT).nullable();

export const keywordRule = z.object({
  /** Named in verdicts, so that a report can say which rule blocked, without the text. */
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
  /** Words as a person writes them; a final * stands for any continuation of the last word ("casino*"). */
  keyword: z.string().min(1).max(MAX_KEYWORD_LENGTH),
  severity: z.enum(["low", "medium", "high"]),
});

/**
 * The platform's rules, the same for every tenant. A tenant adds its own keywords and its own limit per destination.
 * Limits count messages of one tenant in a minute; null switches a rule off.
 */
export const firewallRules = z.object({
  v: z.literal(1),
  /** Grows with every change. */
  revision: z.number().int().min(0),
  keywords: z.array(keywordRule).max(MAX_KEYWORDS),
  velocity: z.object({
    outbound: z.object({ perDestinationPerMinute: velocityLimit, perSenderPerMinute: velocityLimit }),
    inbound: z.object({ perDestinationPerMinute: velocityLimit, perSenderPerMinute: velocityLimit }),
  }),
});

export type KeywordRule = z.infer<typeof keywordRule>;
export type FirewallRules = z.infer<typeof firewallRules>;
export type Severity = KeywordRule["severity"];

/**
 * In force until other rules are posted. The keywords are phrases of advance-fee and credential fraud that no honest sender needs. Outbound, a
 * destination may get one message a second and a sender is not limited: it is a company. Inbound it is the other way round: one subscriber
 * sends, thousands write to one short code.
 */
export const DEFAULT_FIREWALL_RULES: FirewallRules = {
  v: 1,
  revision: 0,
  keywords: [
    { id: "fraud.lottery", keyword: "you have won the lottery", severity: "high" },
    { id: "fraud.prize-fee", keyword: "pay the fee to claim your prize", severity: "high" },
    { id: "fraud.inheritance", keyword: "inheritance transfer fee", severity: "high" },
    { id: "fraud.pin", keyword: "reply with your pin", severity: "high" },
    { id: "fraud.otp", keyword: "reply with your otp", severity: "high" },
    { id: "fraud.password", keyword: "reply with your password", severity: "high" },
    { id: "fraud.card", keyword: "send your card number", severity: "high" },
    { id: "fraud.double-money", keyword: "double your money in 24 hours", severity: "medium" },
  ],
  velocity: {
    outbound: { perDestinationPerMinute: 60, perSenderPerMinute: null },
    inbound: { perDestinationPerMinute: null, perSenderPerMinute: 60 },
  },
};
