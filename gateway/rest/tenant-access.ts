import type { FastifyRequest } from "fastify";
import type { Actor } from "#domain/access/actor.ts";
import { maySee } from "#domain/access/permissions.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { actorOf } from "./authenticate.ts";
import type { GatewayDependencies, Scope } from "./dependencies.ts";
import { fieldProblem, ProblemError } from "./problems.ts";

/** How far a request's reads reach. */
export function scopeOf(actor: Actor): Scope {
  return actor.kind === "tenant" ? { tenantId: actor.tenantId } : "administration";
}

/** A tenant asking for another is told what it would be told of one that does not exist. */
export function noSuchTenant(tenantId: string): ProblemError {
  return new ProblemError("not_found", `There is no tenant ${tenantId}.`);
}

/** The tenant named in the address, if the actor may see it. Throws `not_found`. */
export async function visibleTenant(
  request: FastifyRequest,
  dependencies: GatewayDependencies,
  tenantId: string,
): Promise<TenantConfiguration> {
  const actor = actorOf(request);
  if (!maySee(actor, tenantId)) throw noSuchTenant(tenantId);
  const readAs = actor.kind === "tenant" ? actor.tenantId : undefined;
  const tenant = await dependencies.tenants.get(tenantId, readAs);
  if (tenant === null) throw noSuchTenant(tenantId);
  return tenant;
}

/** Whose rows a list shows: a tenant's own; an administrator names the tenant. */
export function listedTenant(actor: Actor, named: string | undefined, field = "query.tenant_id"): string {
  if (actor.kind === "administrator") {
    if (named === undefined)
      throw fieldProblem(field, "is needed with an administration key: name the tenant");
    return named;
  }
  if (named !== undefined && named !== actor.tenantId) throw noSuchTenant(named);
  return actor.tenantId;
}

/** The wallet that a request names; by default the tenant's first. Throws `conflict` when it has none yet, or `validation_failed` at `field`. */
export function walletOf(tenant: TenantConfiguration, named?: string, field = "wallet_id") {
  if (named !== undefined) {
    const own = tenant.wallets.find(({ walletId }) => walletId === named);
    if (own === undefined) throw fieldProblem(field, `is no wallet of tenant ${tenant.tenantId}`);
    return own;
  }
  const wallet = tenant.wallets[0];
  if (wallet === undefined) {
    throw new ProblemError(
      "conflict",
      `Tenant ${tenant.tenantId} has no wallet yet: wait for its onboarding to end.`,
    );
  }
  return wallet;
}
