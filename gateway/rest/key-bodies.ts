import { z } from "zod";
import { ROLES } from "#domain/access/actor.ts";
import type { AdminKeyRecord } from "#domain/access/ports.ts";
import type { ApiKeySummary } from "#domain/tenants/tenant-store.ts";
import { isoTime, TIME_EXAMPLE, UUID_EXAMPLE } from "./schemas.ts";

export const adminKeyBody = z
  .object({
    key_id: z.string(),
    name: z.string().describe("Stands in every audited entry made with this key"),
    role: z.enum(ROLES),
    last_four: z.string(),
    created_by: z.string(),
    created_at: z.string(),
    revoked_at: z.string().nullable(),
  })
  .meta({ id: "AdministrationKey" });

export const ADMIN_KEY_EXAMPLE: z.infer<typeof adminKeyBody> = {
  key_id: UUID_EXAMPLE,
  name: "Anna Lindgren",
  role: "finance",
  last_four: "x7Qd",
  created_by: "owner",
  created_at: TIME_EXAMPLE,
  revoked_at: null,
};

export function toAdminKeyBody(key: AdminKeyRecord): z.infer<typeof adminKeyBody> {
  return {
    key_id: key.keyId,
    name: key.name,
    role: key.role,
    last_four: key.lastFour,
    created_by: key.createdBy,
    created_at: isoTime(key.createdAt),
    revoked_at: key.revokedAt === null ? null : isoTime(key.revokedAt),
  };
}

export const apiKeyBody = z
  .object({
    key_id: z.string(),
    last_four: z.string(),
    created_by: z.string(),
    created_at: z.string(),
    revoked_at: z.string().nullable(),
  })
  .meta({ id: "ApiKey" });

export const API_KEY_EXAMPLE: z.infer<typeof apiKeyBody> = {
  key_id: UUID_EXAMPLE,
  last_four: "9fQ2",
  created_by: "owner",
  created_at: TIME_EXAMPLE,
  revoked_at: null,
};

export function toApiKeyBody(key: ApiKeySummary): z.infer<typeof apiKeyBody> {
  return {
    key_id: key.keyId,
    last_four: key.last4,
    created_by: key.createdBy,
    created_at: isoTime(key.createdAt),
    revoked_at: key.revokedAt === null ? null : isoTime(key.revokedAt),
  };
}
