import swagger from "@fastify/swagger";
import apiReference from "@scalar/fastify-api-reference";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";

const DESCRIPTION = `Catalyst carries messages and bills them the moment they happen.

Every request but the public ones bears a key: \`Authorization: Bearer <key>\`. Amounts are decimal strings, exact to 18
digits. Errors are RFC 9457 problem details. A POST with an \`Idempotency-Key\` header takes effect once however often it is
sent. Lists are paged: pass \`next\` as \`cursor\` until it is null.`;

const TAGS = [
  { name: "messages", description: "Send messages and follow them" },
  { name: "tenants", description: "Customers of the platform: onboarding, settings, API keys" },
  { name: "billing", description: "Wallets, transactions, rate cards, usage" },
  { name: "payments", description: "Money that comes in and goes back: top-ups, invoices, refunds" },
  { name: "workflows", description: "Durable workflows: the catalog, their runs and what they are told" },
  { name: "schedules", description: "Workflows that start by a calendar" },
  { name: "settlement", description: "Settled days, their cases, partners and carriers" },
  { name: "fraud", description: "Suspicions, cases, and destinations that are closed to a tenant" },
  { name: "administration", description: "Administration keys" },
  { name: "webhooks", description: "For payment providers: what happened to a payment" },
  { name: "platform", description: "Health and metrics" },
];

/** OpenAPI 3.1, derived from the routes' own schemas. */
export async function addOpenApi(gateway: FastifyInstance, version: string): Promise<void> {
  await gateway.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Catalyst",
        version,
        description: DESCRIPTION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      tags: TAGS,
      components: {
        securitySchemes: {
          tenantKey: { type: "http", scheme: "bearer", description: "A tenant's API key (cat_live_…)" },
          administrationKey: {
            type: "http",
            scheme: "bearer",
            description: "ADMIN_TOKEN or an administration key (cat_admin_…)",
          },
        },
      },
    },
    transform: withExamples,
    transformObject: jsonSchemaTransformObject,
  });
  gateway.get("/openapi.json", { schema: { hide: true } }, () => gateway.swagger());
}

interface RouteSchemas {
  readonly body?: unknown;
  readonly response?: Readonly<Record<string, unknown>>;
}

/**
 * zod drops the examples of an input that it transforms (amounts to text) and of a schema that is emitted as a reference, so they are put
 * back from the schema's own metadata.
 */
const withExamples: typeof jsonSchemaTransform = (document) => {
  const transformed = jsonSchemaTransform(document);
  const given = (document.schema ?? {}) as RouteSchemas;
  const made = transformed.schema as RouteSchemas;
  return {
    ...transformed,
    schema: {
      ...made,
      ...(made.body === undefined ? {} : { body: exampled(given.body, made.body) }),
      ...(made.response === undefined
        ? {}
        : {
            response: Object.fromEntries(
              Object.entries(made.response).map(([status, shown]) => [
                status,
                exampled(given.response?.[status], shown),
              ]),
            ),
          }),
    },
  };
};

function exampled(schema: unknown, shown: unknown): unknown {
  const examples = schema instanceof z.ZodType ? schema.meta()?.["examples"] : undefined;
  return Array.isArray(examples) && typeof shown === "object" ? { ...shown, examples } : shown;
}

/** The browsable reference. Its script comes from here, never from elsewhere: it works without a network. */
export async function addApiReference(gateway: FastifyInstance): Promise<void> {
  await gateway.register(apiReference, {
    routePrefix: "/docs",
    configuration: {
      url: "/openapi.json",
      withDefaultFonts: false,
      telemetry: false,
      pageTitle: "Catalyst API",
      // Its toolbar leads to services elsewhere.
      showDeveloperTools: "never",
    },
  });
}
