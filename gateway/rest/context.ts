import type {
  FastifyInstance,
  FastifyBaseLogger,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Actor } from "#domain/access/actor.ts";
import type { Operation } from "#domain/access/permissions.ts";
import type { Authenticator } from "./authenticate.ts";
import type { GatewayDependencies } from "./dependencies.ts";

/** Everything that a route works with. */
export interface RouteContext {
  readonly dependencies: GatewayDependencies;
  readonly authenticator: Authenticator;
  /** How long a request waits for the ledger or a flow before it answers 202. */
  readonly waitMs: number;
}

export type Gateway = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** One route per file: adds itself to the gateway. */
export type AddRoute = (gateway: Gateway, context: RouteContext) => void;

/**
 * How a JSON body is read. `plain`: JSON.parse. `lossless`: integers up to 15 digits become numbers, any other number stays its own text, so that an
 * amount never passes through a double. `text`: as it came.
 */
export type BodyReading = "plain" | "lossless" | "text";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route lets its actor do; absent on public routes. */
    operation?: Operation;
    body?: BodyReading;
  }
  interface FastifyRequest {
    actor: Actor | null;
  }
}
