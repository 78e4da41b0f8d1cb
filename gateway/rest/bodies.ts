import type { FastifyInstance, FastifyRequest } from "fastify";
import { parse } from "lossless-json";
import { ProblemError } from "./problems.ts";

/** The contract's limit; 1,000 messages of full length fit. */
export const BODY_BYTES_MAX = 1024 * 1024;

/** Integers of up to 15 digits are exact in a double. */
const EXACT_INTEGER = /^-?\d{1,15}$/;

function exactNumber(text: string): number | string {
  return EXACT_INTEGER.test(text) ? Number(text) : text;
}

/** Reads bodies as the route asks (see BodyReading); an empty one is undefined. */
export function addBodyParser(gateway: FastifyInstance): void {
  gateway.removeAllContentTypeParsers();
  gateway.addContentTypeParser<string>(
    /^application\/(?:[a-z.-]+\+)?json(?:;|$)/i,
    { parseAs: "string" },
    (request, body, done) => {
      try {
        done(null, readBody(request, body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

function readBody(request: FastifyRequest, text: string): unknown {
  if (text === "") return undefined;
  const reading = request.routeOptions.config.body ?? "plain";
  if (reading === "text") return text;
  try {
    return reading === "lossless" ? parse(text, null, { parseNumber: exactNumber }) : JSON.parse(text);
  } catch (error) {
    throw malformedJson(error);
  }
}

/** The parser's message without the excerpt of the body that some contain: bodies hold numbers and texts. */
function malformedJson(error: unknown): ProblemError {
  const message = error instanceof Error ? error.message : "";
  const position = /position (\d+)/.exec(message)?.[1];
  const place = position === undefined ? "" : ` near character ${position}`;
  return new ProblemError("malformed_json", `The body cannot be read as JSON${place}: correct its syntax.`);
}
