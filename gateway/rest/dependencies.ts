import type { FastifyBaseLogger } from "fastify";
import type { AdminKeys, IdempotencyStore } from "#domain/access/ports.ts";
import type { Clock } from "#domain/clock.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import type { MessageReads } from "#domain/messages/ports.ts";
import type {
  PaymentProviderName,
  PaymentSignals,
  ProviderEvents,
  ProviderWebhooks,
} from "#domain/payments/ports.ts";
import type { Money } from "#domain/money/money.ts";
import type { RechargeBreaker } from "#domain/payments/recharge-breaker.ts";
import type { ReRatings } from "#domain/rating/re-rating.ts";
import type { RateCardVersion } from "#domain/rating/rate-card-version.ts";
import type { CaseLinks, FraudCases } from "#domain/fraud/ports.ts";
import type { FlowRuns } from "#domain/flows/runs.ts";
import type { StepLinks } from "#domain/flows/step-links.ts";
import type { FlowSchedules } from "#domain/flows/schedules.ts";
import type { InvoiceDocuments } from "#domain/invoicing/invoice.ts";
import type { Issuers } from "#domain/invoicing/issuer.ts";
import type { InvoiceBooks } from "#domain/invoicing/ports.ts";
import type { InvoiceReads } from "#domain/invoicing/reads.ts";
import type { UsageMeter } from "#domain/metering/usage-meter.ts";
import type { PaymentFlows } from "#domain/payments/payment-flows.ts";
import type { PaymentStore } from "#domain/payments/payment-store.ts";
import type { PriceRules } from "#domain/tenants/price-rules.ts";
import type { ControlAnnouncements, TenantStore } from "#domain/tenants/tenant-store.ts";
import type { SettlementKey, Settlements } from "#domain/settlement/ports.ts";
import type { Corrections } from "#domain/wallet/corrections.ts";
import type { MarginReports } from "#domain/wallet/margin.ts";
import type { WebhookEndpointStore } from "#domain/webhooks/ports.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";
import type { AcceptQueue, Ingress } from "#pipeline/ingress/ingress.ts";
import type { Quote, QuoteRequest } from "#pipeline/ingress/quote.ts";
import type { OnboardingInput } from "#workflows/tenant-onboarding/api.ts";

/** A page of rows, newest or lowest first; `next` is the cursor of the page after, null on the last. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

export interface PageRequest {
  /** The `next` of the page before. */
  readonly after: string | null;
  /** 1 … 200. */
  readonly limit: number;
}

/** Whose rows a read may return: one tenant's (through row-level security) or, for administration, everybody's. */
export type Scope = { readonly tenantId: string } | "administration";

/** `running`: the flow goes on after the time to wait. `exists`: the id is taken. `duplicate`: another open tenant looks the same. `refused`: a field is wrong. */
export type OnboardingOutcome =
  | { readonly kind: "completed"; readonly workflowId: string; readonly url: string | null }
  | { readonly kind: "running"; readonly workflowId: string; readonly url: string | null }
  | { readonly kind: "exists" }
  | {
      readonly kind: "duplicate";
      readonly problems: readonly { readonly path: string; readonly message: string }[];
    }
  | {
      readonly kind: "refused";
      readonly problems: readonly { readonly path: string; readonly message: string }[];
    };

export interface Onboarding {
  /** Starts the flow and waits up to `waitMs` for its end. The tenant's id is the business key. */
  onboard(input: OnboardingInput, waitMs: number): Promise<OnboardingOutcome>;
}

/** One row of the ledger, as it is shown. */
export interface TransactionView {
  readonly transactionId: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly sequence: bigint;
  readonly eventId: string;
  readonly entryType: string;
  readonly eventType: string;
  readonly messageId: string | null;
  /** What the balance moved by: negative for a charge. */
  readonly amount: Money;
  /** Steps of a charge's price; null for entries that are no usage. */
  readonly charge: ChargeSteps | null;
  readonly currency: string;
  readonly balanceBefore: Money;
  readonly balanceAfter: Money;
  /** As the ledger keeps it: a RatingTrace of a charge, reason and actor of other entries. */
  readonly trace: unknown;
  readonly occurredAt: number;
  readonly recordedAt: number;
}

export interface ChargeSteps {
  readonly base: Money;
  readonly discount: Money;
  readonly subtotal: Money;
  readonly tax: Money;
  readonly total: Money;
}

export interface TransactionFilter {
  readonly eventType: string | null;
  /** Epoch ms, inclusive. */
  readonly from: number | null;
  /** Epoch ms, exclusive. */
  readonly to: number | null;
}

export interface LedgerReads {
  byId(scope: Scope, transactionId: string): Promise<TransactionView | null>;
  /** The ledger's entry for a billing event, null while it is not there. */
  byEvent(eventId: string, acceptedAt: number): Promise<TransactionView | null>;
  list(
    scope: Scope,
    tenantId: string,
    filter: TransactionFilter,
    page: PageRequest,
  ): Promise<Page<TransactionView>>;
  /** The ledger's balance; null for a wallet without entries. */
  balance(
    scope: Scope,
    walletId: string,
  ): Promise<{ readonly balance: Money; readonly sequence: bigint } | null>;
}

export interface NewRateCardVersion {
  readonly rateCardId: string;
  /** The card's JSON text as it was posted. */
  readonly source: string;
  readonly name: string;
  readonly currency: string;
  /** Epoch ms: from when the card's first version holds. */
  readonly effectiveFrom: number;
  readonly storedAt: number;
  readonly actor: string;
}

export interface StoredRateCard extends RateCardVersion {
  readonly name: string;
  readonly currency: string;
  readonly actor: string;
}

export interface RateCardStore {
  /**
   * Appends a version, and in the same transaction the record that announces it on control.rate-cards; the latest
   * version's own text again changes nothing (`created` false).
   */
  append(card: NewRateCardVersion): Promise<{ readonly card: StoredRateCard; readonly created: boolean }>;
  /** The latest version of every card, by id. */
  list(page: PageRequest): Promise<Page<StoredRateCard>>;
  /** Every version, the latest first; empty when there is no such card. */
  versions(rateCardId: string): Promise<readonly StoredRateCard[]>;
}

/** Payments, the flows that collect them, and the links that payers open. */
export interface Payments {
  readonly store: PaymentStore;
  readonly flows: PaymentFlows;
  readonly links: { paymentIdOf(token: string): string | null };
}

/** What happens to the books after the fact. */
export interface Books {
  readonly corrections: Pick<Corrections, "refund" | "markPublished">;
  readonly reRatings: ReRatings;
  readonly reports: MarginReports;
}

export interface ComponentHealth {
  readonly status: "up" | "down";
  /** Why, when it is down. */
  readonly detail?: string;
}

export interface HealthProbe {
  /** Messages accepted per second over the last few seconds. */
  tps(): number;
  /** State of each server that the gateway needs; answers within its own time limit, never rejects. */
  components(): Promise<Readonly<Record<string, ComponentHealth>>>;
  /** Whether the process should be given work. */
  ready(): boolean;
}

/** What becomes of a webhook, for its metric. */
export type WebhookOutcome = "accepted" | "known" | "ignored" | "forged";

/** Where payment providers' webhooks come in. */
export interface ProviderDoor {
  /** By provider; absent: not configured, and its door is closed. */
  readonly webhooks: Partial<Record<PaymentProviderName, ProviderWebhooks>>;
  readonly events: ProviderEvents;
  readonly signals: PaymentSignals;
  readonly count: (provider: PaymentProviderName, outcome: WebhookOutcome) => void;
}

/** Everything that the gateway's REST door works with; workers/gateway.ts composes it. */
export interface GatewayDependencies {
  readonly clock: Clock;
  /** Cryptographically secure random bytes: keys and passwords. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** A fresh UUIDv7. */
  readonly newId: () => string;
  /** The signing secret of the webhook that a tenant is onboarded with, by its first wallet. */
  readonly webhookSecret: (walletId: string) => string;
  readonly webhookEndpoints: WebhookEndpointStore;
  /** The signing secret of a webhook endpoint. */
  readonly endpointSecret: (endpointId: string) => string;
  /** `scrypt$…` of an SMPP password (hashSmppPassword). */
  readonly hashPassword: (password: string) => Promise<string>;
  readonly ingress: Ingress;
  readonly acceptQueue: AcceptQueue;
  /** Prices an event without charging it. */
  readonly quote: (request: QuoteRequest) => Promise<Quote>;
  readonly publisher: EventPublisher;
  readonly adminKeys: AdminKeys;
  readonly idempotency: IdempotencyStore;
  readonly tenants: TenantStore;
  readonly onboarding: Onboarding;
  readonly payments: Payments;
  readonly ledger: LedgerReads;
  readonly books: Books;
  readonly invoicing: Invoicing;
  readonly wallets: Pick<WalletStore, "balance">;
  readonly announcements: ControlAnnouncements;
  readonly rateCards: RateCardStore;
  readonly priceRules: PriceRules;
  readonly rechargeBreaker: Pick<RechargeBreaker, "state" | "close">;
  readonly flows: FlowRuns;
  /** Addresses at which steps in n8n are answered. */
  readonly stepLinks: Pick<StepLinks, "read">;
  /** Where payment providers tell what happened. */
  readonly providerDoor: ProviderDoor;
  readonly schedules: FlowSchedules;
  readonly fraud: {
    readonly cases: Pick<FraudCases, "find" | "list">;
    readonly links: Pick<CaseLinks, "read">;
  };
  /** Measures what tenants' requests take. */
  readonly usage: Pick<UsageMeter, "count">;
  readonly settlements: Settlements;
  /** Verifies the reports of settlements. */
  readonly settlementKey: SettlementKey;
  readonly messages: MessageReads;
  readonly health: HealthProbe;
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly logger: FastifyBaseLogger;
}

/** Invoices, and who issues them. */
export interface Invoicing {
  readonly reads: InvoiceReads;
  readonly books: Pick<InvoiceBooks, "credit">;
  readonly documents: InvoiceDocuments;
  readonly issuers: Issuers;
}

/** Settings of the REST door. */
export interface GatewayConfig {
  /** The first owner's token. */
  readonly adminToken: string;
  /** Of the product, shown in the API's description. */
  readonly version: string;
  /** Requests per second and key; a tenant's own figure comes from `perTenant`. Default 5,000. */
  readonly requestsPerSecond?: number;
  readonly perTenant?: Readonly<Record<string, number>>;
  /** Failed authentications per second and address before 429. Default 20. */
  readonly failuresPerSecond?: number;
  /** How long a request waits for the ledger or a flow before it answers 202. Default 5,000 ms. */
  readonly waitMs?: number;
  /** 503 above this event-loop delay. Default 1,000 ms; 0 turns it off. */
  readonly eventLoopDelayMsMax?: number;
}
