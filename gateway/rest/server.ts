import underPressure from "@fastify/under-pressure";
import Fastify, { type FastifyInstance, type FastifySchemaCompiler, LogController } from "fastify";
import { serializerCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { z } from "zod";
import { Authenticator } from "./authenticate.ts";
import { addAuthentication } from "./authentication-hook.ts";
import { addBodyParser, BODY_BYTES_MAX } from "./bodies.ts";
import type { GatewayConfig, GatewayDependencies } from "./dependencies.ts";
import { addErrorHandlers, sendProblem, toProblem } from "./error-handler.ts";
import { addMetering } from "./metering-hook.ts";
import { addApiReference, addOpenApi } from "./openapi.ts";
import { fieldErrors, ProblemError, validationProblem } from "./problems.ts";
import { ROUTES } from "./routes.ts";

/** A request that takes longer than any wait of ours has no client any more. */
const REQUEST_MS_MAX = 30_000;
const DEFAULT_WAIT_MS = 5_000;
const DEFAULT_EVENT_LOOP_DELAY_MS = 1_000;

/** A client's own request id is kept when it is short and harmless in a log. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * The REST door, ready to `listen` or `inject`. `close()` drains: new requests are answered 503, those under way are finished.
 */
export async function createRestGateway(
  dependencies: GatewayDependencies,
  config: GatewayConfig,
): Promise<FastifyInstance> {
  const gateway = Fastify({
    loggerInstance: dependencies.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: (error, request, reply) => {
      void reply.header("x-request-id", request.id);
      void sendProblem(request, reply, toProblem(error));
    },
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && REQUEST_ID.test(given) ? given : dependencies.newId();
    },
  });
  gateway.setValidatorCompiler(validatorCompiler);
  gateway.setSerializerCompiler(serializerCompiler);
  gateway.decorateRequest("actor", null);
  addBodyParser(gateway);
  addErrorHandlers(gateway);
  addDraining(gateway);
  await addPressureValve(gateway, config.eventLoopDelayMsMax ?? DEFAULT_EVENT_LOOP_DELAY_MS);
  const authenticator = new Authenticator(dependencies, config.adminToken);
  addAuthentication(gateway, authenticator, dependencies.clock, config);
  addMetering(gateway, dependencies.usage);
  await addOpenApi(gateway, config.version);
  const typed = gateway.withTypeProvider<ZodTypeProvider>();
  const context = { dependencies, authenticator, waitMs: config.waitMs ?? DEFAULT_WAIT_MS };
  for (const addRoute of ROUTES) addRoute(typed, context);
  await addApiReference(gateway);
  await gateway.ready();
  return gateway;
}

const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const prefix = httpPart === "querystring" ? "query" : httpPart === "body" ? "" : (httpPart ?? "");
  return (data: unknown) => {
    // A body that is not there comes as null, which no schema has a default for.
    const result = schema.safeParse(httpPart === "body" ? (data ?? undefined) : data);
    if (result.success) return { value: result.data };
    return { error: validationProblem(fieldErrors(result.error.issues, prefix)) };
  };
};

/** From close() on, connections kept alive get a clear answer instead of a reset. */
function addDraining(gateway: FastifyInstance): void {
  let draining = false;
  gateway.addHook("preClose", async () => {
    draining = true;
  });
  // A connection kept alive past its last answer would hold close() up until it times out.
  gateway.addHook("onSend", async (_request, reply) => {
    if (draining) void reply.header("connection", "close");
  });
  gateway.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", request.id);
    if (!draining) return;
    throw new ProblemError("unavailable", "This gateway is stopping: send the request again.", {
      retryAfter: 1,
      headers: { connection: "close" },
    });
  });
}

async function addPressureValve(gateway: FastifyInstance, delayMsMax: number): Promise<void> {
  if (delayMsMax === 0) return;
  await gateway.register(underPressure, {
    maxEventLoopDelay: delayMsMax,
    pressureHandler: (request) => {
      // An overloaded gateway must still say how it is.
      if (request.routeOptions.config.operation === undefined) return;
      throw new ProblemError("unavailable", "The gateway is overloaded: send the request again later.", {
        retryAfter: 1,
      });
    },
  });
}
