import { money, parseMoney, type Money } from "#domain/money/money.ts";
import type { ReRatedLine, ReRating } from "#domain/rating/re-rating.ts";
import type { RefundDecision, RefundRequest } from "#domain/wallet/corrections.ts";
import type { MarginQuery } from "#domain/wallet/margin.ts";
import type { Books } from "#gateway/rest/dependencies.ts";

export const RE_RATING = "01936f2e-7c1a-7000-8000-000000000041";
const WALLET = "01936f2e-7c1a-7000-8000-000000000001";
const AT = Date.parse("2026-11-23T21:33:00Z");

const of = (text: string): Money => parseMoney(text) as Money;

/** The books as far as the REST door needs them; tests look into what they were asked. */
export interface FakeBooks extends Books {
  readonly refunds: RefundRequest[];
  readonly queries: MarginQuery[];
  readonly known: Map<string, ReRating>;
}

export function createFakeBooks(): FakeBooks {
  const refunds: RefundRequest[] = [];
  const queries: MarginQuery[] = [];
  const known = new Map([[RE_RATING, reported()]]);
  return {
    refunds,
    queries,
    known,
    corrections: {
      refund: async (request) => {
        refunds.push(request);
        return decision(request);
      },
      markPublished: async () => {},
    },
    reRatings: {
      create: async (request) => ({ ...reported(), ...request, status: "computing" }),
      get: async (id) => known.get(id) ?? null,
      list: async () => ({ rows: [...known.values()], next: null }),
      lines: async () => ({ rows: [line()], next: "1:w" }),
      decide: async (id, status, by) => {
        const reRating = known.get(id);
        if (reRating === undefined) return { kind: "unknown" };
        if (reRating.status !== "reported" && reRating.status !== status)
          return { kind: "not_reported", reRating };
        const decided: ReRating = { ...reRating, status, decidedBy: by.actor, decidedAt: by.at };
        known.set(id, decided);
        return { kind: "decided", reRating: decided };
      },
    },
    reports: {
      margin: async (query) => {
        queries.push(query);
        const group = Object.fromEntries(query.by.map((dimension) => [dimension, `a ${dimension}`]));
        const amounts = { revenue: of("0.01425"), cost: of("0.009"), commission: of("0.00025") };
        return [{ group, currency: "USD", charges: 3n, withoutCost: 1n, ...amounts }];
      },
    },
  };
}

/** txn-1 is a charge of 0.01539, txn-top-up is none, of txn-spent nothing is left. */
function decision(request: RefundRequest): RefundDecision {
  const { originalId, amount } = request;
  if (originalId === "txn-top-up") return { kind: "not_a_charge", entryType: "top_up" };
  if (originalId === "txn-spent") return { kind: "exceeds", remaining: of("0.005"), currency: "USD" };
  if (originalId !== "txn-1") return { kind: "unknown" };
  const given = amount ?? of("0.01539");
  return {
    kind: "decided",
    correction: {
      correctionId: request.correctionId,
      kind: "refund",
      tenantId: "TENANT-001",
      walletId: WALLET,
      originalId,
      movement: { amount: given, revenue: money(0n - given), tax: money(0n), commission: money(0n) },
      partnerId: null,
      currency: "USD",
      reason: request.reason,
      actor: request.actor,
      decidedAt: request.decidedAt,
    },
  };
}

function reported(): ReRating {
  return {
    reRatingId: RE_RATING,
    tenantId: "TENANT-001",
    rateCardId: "RC-1",
    version: 2,
    currency: "USD",
    from: AT - 86_400_000,
    to: AT,
    eventType: null,
    reason: "published late",
    requestedBy: "finance person",
    requestedAt: AT,
    status: "reported",
    decidedBy: null,
    decidedAt: null,
    examined: 10n,
    changed: 1n,
    skipped: { refunded: 2 },
    charged: of("0.01539"),
    repriced: of("0.0162"),
    adjusted: 0n,
    problem: null,
  };
}

function line(): ReRatedLine {
  return {
    walletId: WALLET,
    sequence: 3n,
    eventId: "txn-1",
    acceptedMonth: "2026-11-01",
    eventType: "sms.delivered",
    occurredAt: AT,
    chargedRevenue: of("0.01425"),
    chargedTax: of("0.00114"),
    repricedRevenue: of("0.015"),
    repricedTax: of("0.0012"),
    chargedCommission: money(0n),
    repricedCommission: money(0n),
    partnerId: null,
    trace: '{"v":2}',
  };
}
