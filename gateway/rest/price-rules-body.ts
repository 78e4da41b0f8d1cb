import { z } from "zod";
import type { SupplierSheet } from "#domain/cost/supplier-sheet.ts";
import type { FxRate } from "#domain/fx/fx-rates.ts";
import type { LoadSignal } from "#domain/rating/load-signal.ts";
import { isoTime, TIME_EXAMPLE } from "./schemas.ts";

export const FX_RATE_EXAMPLE = {
  pair: "EUR/USD",
  rate: "1.0842",
  source: "ECB",
  at: TIME_EXAMPLE,
  valid_from: TIME_EXAMPLE,
};

export const fxRateBody = z
  .object({
    pair: z.string(),
    rate: z.string(),
    source: z.string(),
    at: z.string().describe("As of when its source says so: its age counts from here"),
    valid_from: z.string().describe("From when it prices events"),
  })
  .meta({ id: "FxRate", examples: [FX_RATE_EXAMPLE] });

export function toFxRateBody({
  base,
  quote,
  rate,
  source,
  at,
  validFrom,
}: FxRate): z.infer<typeof fxRateBody> {
  return { pair: `${base}/${quote}`, rate, source, at: isoTime(at), valid_from: isoTime(validFrom) };
}

export const LOAD_SIGNAL_EXAMPLE = { percent: "85", source: "prometheus", valid_from: TIME_EXAMPLE };

export const loadSignalBody = z
  .object({
    percent: z.string(),
    source: z.string(),
    valid_from: z.string().describe("From when surge prices look at it"),
  })
  .meta({ id: "LoadSignal", examples: [LOAD_SIGNAL_EXAMPLE] });

export function toLoadSignalBody({ percent, source, validFrom }: LoadSignal): z.infer<typeof loadSignalBody> {
  return { percent, source, valid_from: isoTime(validFrom) };
}

const row = z.object({
  prefix: z.string().optional(),
  operator: z.string().optional(),
  country: z.string().optional(),
  rate: z.string(),
  valid_from: z.string().optional(),
  valid_to: z.string().optional(),
});

export const SUPPLIER_SHEET_EXAMPLE = {
  connector: "smsc-1",
  version: 1,
  currency: "USD",
  valid_from: TIME_EXAMPLE,
  rows: [{ country: "US", rate: "0.006" }, { prefix: "4477", rate: "0.021" }, { rate: "0.05" }],
};

export const supplierSheetBody = z
  .object({
    connector: z.string(),
    version: z.int(),
    currency: z.string(),
    valid_from: z.string().describe("From when it prices events"),
    rows: z.array(row),
  })
  .meta({ id: "SupplierSheet", examples: [SUPPLIER_SHEET_EXAMPLE] });

export function toSupplierSheetBody(sheet: SupplierSheet): z.infer<typeof supplierSheetBody> {
  return {
    connector: sheet.connector,
    version: sheet.version,
    currency: sheet.currency,
    valid_from: isoTime(sheet.validFrom),
    rows: sheet.rows.map(({ validFrom, validTo, prefix, operator, country, rate }) => ({
      ...(prefix === undefined ? {} : { prefix }),
      ...(operator === undefined ? {} : { operator }),
      ...(country === undefined ? {} : { country }),
      rate,
      ...(validFrom === undefined ? {} : { valid_from: validFrom }),
      ...(validTo === undefined ? {} : { valid_to: validTo }),
    })),
  };
}
