import type { WebhookEvent, WebhookEventType } from "./events.ts";

/** Where somebody wants to be told of some kinds of events. Times in epoch ms. */
export interface WebhookEndpoint {
  readonly endpointId: string;
  /** Whose events; null: every tenant's, and the platform's own. */
  readonly tenantId: string | null;
  readonly url: string;
  readonly events: readonly WebhookEventType[];
  readonly description: string | null;
  readonly createdAt: number;
  /** It answered 410; null: it is called. */
  readonly disabledAt: number | null;
}

/** Whose endpoints: a tenant's own through row-level security; null: anybody's. */
export type EndpointScope = string | null;

/** Everything throws Unavailable when the store cannot be reached. */
export interface WebhookEndpointStore {
  /** The same id again is the same endpoint. `full`: there are as many as there may be. */
  create(endpoint: Omit<WebhookEndpoint, "disabledAt">): Promise<WebhookEndpoint | "full">;
  find(scope: EndpointScope, endpointId: string): Promise<WebhookEndpoint | null>;
  /** The latest first, 1,000 at most. */
  list(scope: EndpointScope): Promise<readonly WebhookEndpoint[]>;
  /** False where there is none. What waits to be delivered to it is forgotten. */
  delete(scope: EndpointScope, endpointId: string): Promise<boolean>;
}

/** Tells endpoints of events. */
export interface WebhookEvents {
  /**
   * When it resolves, every endpoint that wants them will be told; the same event announced again may be told again, under the same id.
   * @throws Unavailable when the store cannot be reached.
   */
  announce(events: readonly WebhookEvent[]): Promise<void>;
}

/** Which runs' ends have been announced. Throws Unavailable when the store cannot be reached. */
export interface AnnouncedRuns {
  /** Up to where they have been, epoch ms; null where nobody wants to know of any. */
  upTo(): Promise<number | null>;
  /** Announces those that have not been, to the endpoints that were there when they ended. Returns how many that were. */
  announce(ends: readonly AnnouncedEnd[]): Promise<number>;
  /** Forgets what lies so far back that it is not asked for again. */
  prune(): Promise<void>;
}

export interface AnnouncedEnd {
  readonly event: WebhookEvent;
  readonly runId: string;
}

/** What processes that call endpoints know of them. */
export interface WebhookEndpointFeed {
  /**
   * Endpoints that were made, disabled or deleted since then (epoch ms), and those that are there if null; one may come again.
   * @throws Unavailable when the store cannot be reached.
   */
  changes(since: number | null): Promise<{
    readonly endpoints: readonly (WebhookEndpoint & { readonly isDeleted: boolean })[];
    /** What to ask with the next time. */
    readonly until: number;
  }>;
}
