import type { FastifyInstance } from "fastify";
import { ProblemError } from "../problems.ts";
import { SHEET_BYTES_MAX, SHEET_FORMATS, SHEET_TYPES, type SheetFormat } from "./formats.ts";

/** A sheet as it came. */
export interface SheetBody {
  readonly format: SheetFormat;
  readonly bytes: Uint8Array;
}

/** Has the routes of a scope take sheets for bodies, and nothing else. */
export function addSheetParsers(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  for (const format of SHEET_FORMATS) {
    scope.addContentTypeParser<Buffer>(
      SHEET_TYPES[format],
      { parseAs: "buffer", bodyLimit: SHEET_BYTES_MAX },
      (_request, bytes, done) => done(null, { format, bytes } satisfies SheetBody),
    );
  }
  scope.addContentTypeParser("*", (_request, payload, done) => {
    payload.resume();
    done(noSheet());
  });
}

/** The request's sheet. Throws `unsupported_media_type` for a request without a body. */
export function sheetOf(body: unknown): SheetBody {
  if (typeof body === "object" && body !== null && "bytes" in body) return body as SheetBody;
  throw noSheet();
}

function noSheet(): ProblemError {
  return new ProblemError(
    "unsupported_media_type",
    `Send the file as the body, with 'Content-Type: ${SHEET_TYPES.csv}' or '${SHEET_TYPES.xlsx}'.`,
  );
}
