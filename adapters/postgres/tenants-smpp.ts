import { createHmac, randomBytes } from "node:crypto";
import { Unavailable } from "#domain/errors.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import { onPostgres, type Pool } from "./pool.ts";
import { verifySmppPassword } from "./smpp-password.ts";

/** Of libuv's four threads, so that a flood of wrong binds leaves some for files and names. */
const VERIFIED_AT_ONCE = 2;
/** Binds that wait, some two seconds' worth; more are told to come again. */
const WAITING_MAX = 100;
/** Accounts whose last good password is remembered: an ESME that binds again (they do, in swarms) costs no scrypt. */
const REMEMBERED_MAX = 10_000;
/** Checked where an account does not exist, so that its absence takes as long as a wrong password. */
const NO_ACCOUNT = `scrypt$16384$8$${Buffer.alloc(16).toString("base64url")}$${Buffer.alloc(32).toString("base64url")}`;

/** SMPP accounts. The account is read at every bind, so closing a tenant or changing a password holds at once. */
export function createSmppAccounts(pool: Pool): Pick<TenantStore, "authenticateSmpp"> {
  const slots = createSlots();
  // Proofs are keyed by a secret of this process and by the stored hash: a memory dump shows no password, a new hash no old proof.
  const secret = randomBytes(32);
  const proofs = new Map<string, string>();

  const verify = async (systemId: string, password: string, stored: string): Promise<boolean> => {
    const proof = createHmac("sha256", secret).update(`${stored}\n${password}`).digest("base64url");
    if (proofs.get(systemId) === proof) return true;
    if (!(await slots(() => verifySmppPassword(password, stored)))) return false;
    if (proofs.size >= REMEMBERED_MAX) proofs.delete(proofs.keys().next().value ?? "");
    proofs.set(systemId, proof);
    return true;
  };

  return {
    async authenticateSmpp(systemId, password) {
      const account = await onPostgres(() => readAccount(pool, systemId));
      const matches = await verify(systemId, password, account?.password_hash ?? NO_ACCOUNT);
      return account !== null && matches ? { tenantId: account.tenant_id } : null;
    },
  };
}

interface AccountRow {
  readonly tenant_id: string;
  readonly password_hash: string;
}

async function readAccount(pool: Pool, systemId: string): Promise<AccountRow | null> {
  // NUL is no character of PostgreSQL's text; a bind may carry anything.
  if (!/^[!-~]{1,15}$/.test(systemId)) return null;
  const { rows } = await pool.query<AccountRow>(
    `SELECT tenant_id, password_hash FROM smpp_accounts JOIN tenants USING (tenant_id)
     WHERE system_id = $1 AND status IN ('active', 'suspended')`,
    [systemId],
  );
  return rows[0] ?? null;
}

/** Runs at most VERIFIED_AT_ONCE pieces of work at a time, in the order in which they come. */
function createSlots(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let free = VERIFIED_AT_ONCE;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else if (waiting.length >= WAITING_MAX)
      throw new Unavailable("smpp accounts", { message: "too many binds at once" });
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
