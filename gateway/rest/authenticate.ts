import type { FastifyRequest } from "fastify";
import type { Actor } from "#domain/access/actor.ts";
import { mayDo, type Operation, PERMISSIONS } from "#domain/access/permissions.ts";
import type { AdminKeys } from "#domain/access/ports.ts";
import type { Clock } from "#domain/clock.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import { ProblemError } from "./problems.ts";
import { ADMIN_KEY_PREFIX, API_KEY_PREFIX, hashOf, sameHash } from "./secrets.ts";

/** A revoked key works at most this much longer; without the cache every message would ask PostgreSQL. */
const CACHE_MS = 2_000;
const CACHE_MAX = 20_000;
/** No token is longer: what is, is not hashed. */
const TOKEN_CHARACTERS_MAX = 256;

interface CachedActor {
  readonly actor: Promise<Actor | null>;
  readonly until: number;
}

interface AuthenticatorDependencies {
  readonly clock: Clock;
  readonly adminKeys: AdminKeys;
  readonly tenants: Pick<TenantStore, "authenticateApiKey">;
}

/** Turns a bearer token into the actor that it stands for. Fails closed: a store that is away is Unavailable. */
export class Authenticator {
  readonly #dependencies: AuthenticatorDependencies;
  readonly #ownerHash: string;
  readonly #cache = new Map<string, CachedActor>();

  constructor(dependencies: AuthenticatorDependencies, adminToken: string) {
    this.#dependencies = dependencies;
    this.#ownerHash = hashOf(adminToken);
  }

  /** Null when the header holds no valid token. */
  async actor(header: string | undefined): Promise<Actor | null> {
    const token = bearerToken(header);
    if (token === null) return null;
    const hash = hashOf(token);
    if (sameHash(hash, this.#ownerHash)) {
      return { kind: "administrator", keyId: "owner", name: "owner", role: "owner" };
    }
    if (token.startsWith(API_KEY_PREFIX)) return this.#cached(hash, () => this.#tenant(hash));
    if (token.startsWith(ADMIN_KEY_PREFIX)) return this.#cached(hash, () => this.#administrator(hash));
    return null;
  }

  /** Forgets what is cached, so that a revocation made here holds here at once. */
  forget(): void {
    this.#cache.clear();
  }

  async #tenant(hash: string): Promise<Actor | null> {
    const found = await this.#dependencies.tenants.authenticateApiKey(hash);
    return found === null ? null : { kind: "tenant", keyId: found.keyId, tenantId: found.tenantId };
  }

  async #administrator(hash: string): Promise<Actor | null> {
    const key = await this.#dependencies.adminKeys.find(hash);
    return key === null ? null : { kind: "administrator", keyId: key.keyId, name: key.name, role: key.role };
  }

  #cached(hash: string, load: () => Promise<Actor | null>): Promise<Actor | null> {
    const now = this.#dependencies.clock.now();
    const known = this.#cache.get(hash);
    if (known !== undefined && known.until > now) return known.actor;
    const actor = load();
    this.#cache.delete(hash);
    this.#cache.set(hash, { actor, until: now + CACHE_MS });
    if (this.#cache.size > CACHE_MAX) this.#evictOldest();
    actor.catch(() => this.#cache.delete(hash));
    return actor;
  }

  #evictOldest(): void {
    const oldest = this.#cache.keys().next().value;
    if (oldest !== undefined) this.#cache.delete(oldest);
  }
}

function bearerToken(header: string | undefined): string | null {
  const match = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(header ?? "");
  const token = match?.[1];
  return token === undefined || token.length > TOKEN_CHARACTERS_MAX ? null : token;
}

export function unauthorized(): ProblemError {
  return new ProblemError("unauthorized", "Send a valid key as 'Authorization: Bearer <key>'.", {
    headers: { "www-authenticate": 'Bearer realm="catalyst"' },
  });
}

/** Throws `forbidden` unless the actor may carry the operation out. */
export function authorize(actor: Actor, operation: Operation): void {
  if (mayDo(actor, operation)) return;
  const allowed = PERMISSIONS[operation].join(", ");
  throw new ProblemError("forbidden", `${operation} needs a key of: ${allowed}.`);
}

/** The actor of a request on a route with an operation; the authentication hook has put it there. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === null) throw new Error(`route ${request.routeOptions.url ?? ""} has no operation`);
  return request.actor;
}
