import type { AdminKeyRecord } from "#domain/access/ports.ts";
import type { GatewayDependencies } from "#gateway/rest/dependencies.ts";
import { hashOf } from "#gateway/rest/secrets.ts";

export const NOW = Date.parse("2026-11-23T21:33:00Z");
export const ADMIN_KEY = "01936f2e-7c1a-7000-8000-000000000031";
export const ROLE_KEYS = {
  owner: "cat_admin_owner",
  finance: "cat_admin_finance",
  support: "cat_admin_support",
  "read-only": "cat_admin_readonly",
} as const;

/** One key of each role. */
export function fakeAdminKeys(up: () => Promise<void>): GatewayDependencies["adminKeys"] {
  const records = new Map<string, AdminKeyRecord>();
  for (const [role, key] of Object.entries(ROLE_KEYS)) {
    records.set(hashOf(key), {
      keyId: role === "read-only" ? ADMIN_KEY : role,
      name: `${role} person`,
      role: role as AdminKeyRecord["role"],
      lastFour: key.slice(-4),
      createdBy: "owner",
      createdAt: NOW,
      revokedAt: null,
    });
  }
  return {
    find: async (hash) => {
      await up();
      const known = records.get(hash);
      return known === undefined || known.revokedAt !== null ? null : known;
    },
    create: async ({ hash, ...key }) => {
      const record = { ...key, revokedAt: null };
      records.set(hash, record);
      return record;
    },
    list: async () => [...records.values()],
    revoke: async (keyId, at) => {
      for (const [hash, record] of records) {
        if (record.keyId !== keyId || record.revokedAt !== null) continue;
        records.set(hash, { ...record, revokedAt: at });
        return true;
      }
      return false;
    },
  };
}
