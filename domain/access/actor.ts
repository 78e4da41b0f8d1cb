/** Roles of an administration key; the guide's ADMIN_TOKEN is the first owner's. */
export const ROLES = ["owner", "finance", "support", "read-only"] as const;
export type Role = (typeof ROLES)[number];

export interface Administrator {
  readonly kind: "administrator";
  readonly keyId: string;
  /** Stands in every audited entry that this key makes. */
  readonly name: string;
  readonly role: Role;
}

export interface TenantActor {
  readonly kind: "tenant";
  readonly keyId: string;
  readonly tenantId: string;
}

/** Whoever a request's bearer token stands for. */
export type Actor = Administrator | TenantActor;

/** The name that audited entries keep: a person's key by its name, a tenant by its id. */
export function actorName(actor: Actor): string {
  return actor.kind === "administrator" ? actor.name : `tenant:${actor.tenantId}`;
}
