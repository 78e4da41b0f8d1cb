import type { TenantConfiguration, WalletConfiguration } from "./tenant.ts";

/** What a tenant is created with; whatever revision and status `configuration` says, it begins as `onboarding`. */
export interface NewTenant {
  readonly configuration: TenantConfiguration;
  readonly apiKey: NewApiKey;
  readonly smppAccount: NewSmppAccount | null;
  /** Refused where another tenant that is not closed has the same tax id, or the same name and mail address. */
  readonly refuseDuplicates?: boolean;
  /** Who asked for it. */
  readonly actor: string;
}

export interface NewApiKey {
  /** SHA-256 of the whole key, lower-case hex. */
  readonly hash: string;
  /** Last four characters of the key, to tell keys apart. */
  readonly last4: string;
}

export interface NewSmppAccount {
  /** 1–15 printable ASCII characters (SMPP 3.4 §5.2.1). */
  readonly systemId: string;
  /** "scrypt$…": SMPP passwords are too short for a fast hash. */
  readonly passwordHash: string;
}

/** Which of a new tenant's ids belongs to someone else; `name`: with the same mail address. */
export type TakenId = "tenantId" | "walletId" | "apiKey" | "systemId" | "taxId" | "name";

/** `created`: now, or before by the same input. `conflict`: nothing was changed. */
export type CreateTenantOutcome =
  | { readonly kind: "created"; readonly configuration: TenantConfiguration }
  | { readonly kind: "conflict"; readonly taken: TakenId };

/** What may change of a tenant, each field as a whole; absent fields stay. Amounts are decimal strings. */
export interface TenantChange {
  readonly name?: string;
  readonly email?: string | null;
  readonly status?: TenantConfiguration["status"];
  readonly timezone?: string;
  readonly country?: string;
  readonly taxRate?: string;
  readonly rateCardId?: string | null;
  readonly trustedHints?: boolean;
  readonly webhook?: TenantConfiguration["webhook"];
  readonly firewall?: TenantConfiguration["firewall"];
  readonly frozenDestinations?: TenantConfiguration["frozenDestinations"];
  readonly customerSince?: TenantConfiguration["customerSince"];
  readonly markupPercent?: string;
  readonly promotion?: TenantConfiguration["promotion"];
  readonly partner?: TenantConfiguration["partner"];
  readonly taxId?: TenantConfiguration["taxId"];
  readonly billingAddress?: TenantConfiguration["billingAddress"];
  readonly invoicing?: TenantConfiguration["invoicing"];
  readonly payment?: TenantConfiguration["payment"];
  readonly alerts?: TenantConfiguration["alerts"];
  readonly tax?: TenantConfiguration["tax"];
  readonly fx?: TenantConfiguration["fx"];
  readonly subscriptions?: TenantConfiguration["subscriptions"];
  readonly suspension?: TenantConfiguration["suspension"];
  readonly whenWalletAway?: TenantConfiguration["whenWalletAway"];
  /** Of the wallet that ingress charges. */
  readonly creditLimit?: string;
  /** Of the same wallet. */
  readonly thresholds?: WalletConfiguration["thresholds"];
}

/** `stale`: the tenant is not at `expectedRevision` any more; `configuration` is what it is now. */
export type ChangeTenantOutcome =
  | { readonly kind: "changed"; readonly configuration: TenantConfiguration }
  | { readonly kind: "unknown" }
  | { readonly kind: "stale"; readonly configuration: TenantConfiguration };

export interface ApiKeySummary {
  /** UUID; names the key in the API, gives nothing away. */
  readonly keyId: string;
  readonly last4: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly createdBy: string;
  readonly revokedAt: number | null;
}

export interface TenantPage {
  readonly tenants: readonly TenantConfiguration[];
  /** Hand it to the next `list`; null on the last page. */
  readonly cursor: string | null;
}

/** `refused`: the tenant is closed, or has as many wallets as one may have. */
export type AddWalletOutcome =
  | { readonly kind: "added"; readonly configuration: TenantConfiguration }
  | { readonly kind: "unknown" }
  | { readonly kind: "refused"; readonly message: string };

/** Tenants and their credentials, as PostgreSQL records them. Every method throws Unavailable when it cannot be reached. */
export interface TenantStore {
  /**
   * Tenant, wallet, API key and SMPP account in one transaction. The same input again returns the same tenant; one whose onboarding was
   * undone may be created anew.
   */
  create(tenant: NewTenant): Promise<CreateTenantOutcome>;
  /** @param readAs reads through row-level security as this tenant, to whom no other exists; the platform itself when left out. */
  get(tenantId: string, readAs?: string): Promise<TenantConfiguration | null>;
  /** By tenant id, ascending. `limit`: 1–1,000. */
  list(page: { readonly cursor?: string | null; readonly limit: number }): Promise<TenantPage>;
  /**
   * Stores the change under the next revision (none where nothing differs) and has it published. Closed is final: such a tenant
   * is `changed` to what it is.
   */
  change(
    tenantId: string,
    change: TenantChange,
    by: { readonly actor: string; readonly expectedRevision?: number },
  ): Promise<ChangeTenantOutcome>;
  /** One more wallet, behind the others; the same id again changes nothing. */
  addWallet(tenantId: string, wallet: WalletConfiguration, actor: string): Promise<AddWalletOutcome>;
  /**
   * Takes an onboarding back: closes the tenant and forgets its key and account, provided that it still is the one created with this
   * wallet and was never active. Otherwise nothing happens, nor when repeated.
   */
  undoOnboarding(tenantId: string, walletId: string, actor: string): Promise<void>;

  /**
   * Null for an unknown or revoked key and for a tenant that is not open. Suspended tenants pass: what they may still do, the door decides.
   * @param hash SHA-256 of the key, lower-case hex.
   */
  authenticateApiKey(hash: string): Promise<{ readonly tenantId: string; readonly keyId: string } | null>;
  /** The same key again is the same one. `limit`: ACTIVE_API_KEYS_MAX are active; `unknown`: no such tenant, or it is closed. */
  addApiKey(tenantId: string, key: NewApiKey, actor: string): Promise<ApiKeySummary | "limit" | "unknown">;
  /** False where the tenant has no such active key. */
  revokeApiKey(tenantId: string, keyId: string, actor: string): Promise<boolean>;
  /** Revoked ones too, the oldest first. */
  listApiKeys(tenantId: string): Promise<readonly ApiKeySummary[]>;

  /**
   * Null for an unknown system_id, a wrong password and a tenant that is not open: which, nobody learns.
   * @throws Unavailable also when too many binds are being checked at once.
   */
  authenticateSmpp(systemId: string, password: string): Promise<{ readonly tenantId: string } | null>;
}

/** The outbox of configuration. */
export interface ControlAnnouncements {
  /**
   * Publishes what waits, oldest first; when it resolves, nothing written before the call waits any more. To be called every second for what
   * a failure left behind. @throws Unavailable when Kafka or PostgreSQL cannot be reached: the rest goes on waiting.
   */
  flush(): Promise<void>;
}
