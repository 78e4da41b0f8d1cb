import type { TenantConfiguration, WalletConfiguration } from "./tenant.ts";

/** What a tenant is created with; whatever revision and status `configuration` says, it begins as `onboarding`. */
export interface NewTenant {
  readonly configuration: TenantConfiguration;
  readonly apiKey: TenantApiKey;
  readonly smppAccount: TenantSmppAccount | null;
  /** Who asked for it. */
  readonly actor: string;
}

export interface TenantApiKey {
  /** UUID; names the key where it is listed or revoked, gives nothing away. */
  readonly keyId: string;
  /** SHA-256 of the whole key, lower-case hex. */
  readonly hash: string;
  /** Last four characters of the key, to tell keys apart. */
  readonly lastFour: string;
}

export interface TenantSmppAccount {
  /** 1–15 printable ASCII characters (SMPP 3.4 §5.2.1). */
  readonly systemId: string;
  /** "scrypt$…": SMPP passwords are too short for a fast hash. */
  readonly passwordHash: string;
}

/** Which of a new tenant's ids is taken. */
export type TakenId = "tenantId" | "walletId" | "apiKey" | "systemId";

/**
 * `created`: now, or before by the same input. `conflict`: an id belongs to someone else, and nothing was changed.
 */
export type CreateTenantOutcome =
  | { readonly kind: "created"; readonly configuration: TenantConfiguration }
  | { readonly kind: "conflict"; readonly taken: TakenId };

/** What may change of a tenant, each field as a whole; absent fields stay. Amounts are decimal strings. */
export interface TenantChange {
  readonly name?: string;
  readonly email?: string | null;
  readonly status?: "active" | "suspended" | "closed";
  readonly timezone?: string;
  readonly country?: string;
  readonly taxRate?: string;
  readonly rateCardId?: string | null;
  readonly trustedHints?: boolean;
  readonly webhook?: TenantConfiguration["webhook"];
  readonly firewall?: TenantConfiguration["firewall"];
  /** Of the wallet that ingress charges. */
  readonly creditLimit?: string;
  /** Of the same wallet. */
  readonly thresholds?: WalletConfiguration["thresholds"];
}

export interface TenantPage {
  readonly rows: readonly TenantConfiguration[];
  /** The `after` of the next page; null on the last. */
  readonly next: string | null;
}

/** Tenants as PostgreSQL records them. Every method throws Unavailable when it cannot be reached. */
export interface TenantStore {
  /**
   * Tenant, wallet, API key and SMPP account in one transaction. The same input again returns the same tenant; one whose onboarding was
   * undone may be created anew.
   */
  create(tenant: NewTenant): Promise<CreateTenantOutcome>;
  /** Through row-level security where the scope is a tenant's: to it, others do not exist. */
  get(
    scope: { readonly tenantId: string } | "administration",
    tenantId: string,
  ): Promise<TenantConfiguration | null>;
  /** By tenant id, ascending. `after`: the `next` of the page before; `limit`: 1–1,000. */
  list(page: { readonly after: string | null; readonly limit: number }): Promise<TenantPage>;
  /**
   * Stores the change under the next revision (none where nothing differs) and has it published; null when there is no such
   * tenant. Closed is final: such a tenant is returned as it is.
   */
  update(tenantId: string, change: TenantChange, actor: string): Promise<TenantConfiguration | null>;
  /**
   * Takes an onboarding back: closes the tenant and forgets its key and account, provided that it still is the one created with this
   * wallet and was never active. Otherwise nothing happens, nor when repeated.
   */
  undoOnboarding(tenantId: string, walletId: string, actor: string): Promise<void>;
}

/** What SMPP binds are checked against. */
export interface SmppAccounts {
  /**
   * Null for an unknown system_id, a wrong password and a tenant that is not (or no more) open: which, nobody learns.
   * @throws Unavailable when PostgreSQL cannot be reached, or when too many binds are being checked at once.
   */
  authenticate(systemId: string, password: string): Promise<{ readonly tenantId: string } | null>;
}

/** The outbox of configuration. */
export interface ControlAnnouncements {
  /**
   * Publishes what waits, oldest first; when it resolves, nothing written before the call waits any more. To be called every second for what
   * a failure left behind. @throws Unavailable when Kafka or PostgreSQL cannot be reached: the rest goes on waiting.
   */
  flush(): Promise<void>;
}
