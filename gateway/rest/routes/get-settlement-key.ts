import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const body = z
  .object({
    key_id: z.string(),
    algorithm: z.literal("Ed25519"),
    public_key: z.string().describe("SubjectPublicKeyInfo as PEM"),
  })
  .meta({
    id: "SettlementKey",
    examples: [
      {
        key_id: "4bc1f8a20f9e1d73",
        algorithm: "Ed25519",
        public_key: "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA…\n-----END PUBLIC KEY-----\n",
      },
    ],
  });

/** GET /api/v2/settlements/public-key: keep it elsewhere, and the reports can be verified without the platform. */
export const getSettlementKey: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/settlements/public-key",
    config: { operation: "settlements.public_key" },
    schema: {
      operationId: "getSettlementKey",
      summary: "Read the key that reports are verified with",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      response: { 200: body, ...problemResponses() },
    },
    handler: async () => {
      const { keyId, pem } = dependencies.settlementKey;
      return { key_id: keyId, algorithm: "Ed25519" as const, public_key: pem };
    },
  });
};
