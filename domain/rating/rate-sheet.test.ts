import { beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { applyRateSheet, type SheetMode } from "./apply-rate-sheet.ts";
import { loadFormulas } from "./formula.ts";
import { parseRateCard, type RateCard } from "./rate-card.ts";
import { readRateSheet, type SheetRate } from "./rate-sheet.ts";
import { sheetDifference } from "./rate-sheet-difference.ts";
import { cardText } from "./rating-fixtures.ts";
import { writeRateSheet } from "./write-rate-sheet.ts";

function parsed(source: string): RateCard {
  const result = parseRateCard(source);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.card;
}

/** Rows of "a,b,c". */
const cells = (...lines: string[]): string[][] => lines.map((line) => line.split(","));

function ratesOf(...lines: string[]): readonly SheetRate[] {
  const read = readRateSheet(cells(...lines), true);
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read.rates;
}

function errorsOf(...lines: string[]): string[] {
  const read = readRateSheet(cells(...lines), true);
  return read.ok ? [] : read.errors.map(({ row, column, message }) => `${row} ${column}: ${message}`);
}

function applied(source: string, mode: SheetMode, ...lines: string[]): unknown {
  const result = applyRateSheet(source, ratesOf(...lines), mode);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  parsed(result.source);
  return JSON.parse(result.source).rates;
}

const HEAD = "channel,country,prefix,operator,rate,valid_from,valid_to";

beforeAll(loadFormulas);

describe("a sheet's rows", () => {
  test("are read exactly, whatever the case and the order of its columns", () => {
    expect(
      ratesOf(
        "Price,Channel,DESTINATION,Effective Date",
        "0.000000000000000001,SMS,us,2026-01-01",
        "1e-3,whatsapp,,",
        ",,,",
        "999999999999.999999999999999999,sms,GB,",
      ),
    ).toEqual([
      {
        row: 2,
        channel: "sms",
        kind: "country",
        name: "US",
        rate: 1n,
        validFrom: "2026-01-01",
        validTo: null,
      },
      {
        row: 3,
        channel: "whatsapp",
        kind: "base",
        name: "",
        rate: 10n ** 15n,
        validFrom: null,
        validTo: null,
      },
      {
        row: 5,
        channel: "sms",
        kind: "country",
        name: "GB",
        rate: 10n ** 30n - 1n,
        validFrom: null,
        validTo: null,
      },
    ]);
  });

  test("are refused all at once, each by row and column", () => {
    expect(
      errorsOf(
        HEAD,
        "sms,,+4477,,0.05,,",
        "smss,United Kingdom,,,0.05,,",
        "sms,US,1202,,0.05,,",
        'sms,,4477,,"0.06",,',
        "sms,,4477,,0.06,,",
        "sms,,0044,,,,",
        "sms,,49,,0.06,31.12.2026,2026-02-30",
        "sms,,49,,-1,2026-02-02,2026-02-01",
        "sms,,,,0.01,2026-01-01,",
        "sms,,,__proto__,0.0000000000000000001,,",
      ),
    ).toEqual([
      expect.stringMatching(/^3 channel: is no channel: write one of sms, /),
      expect.stringMatching(/^3 country: must be an ISO 3166-1 code of two letters/),
      "4 null: names country and prefix: keep one, and make rows of their own",
      expect.stringMatching(/^5 rate: must be a price from 0/),
      "6 null: prices the same as row 2: remove one of the two",
      expect.stringMatching(/^7 prefix: must be the 1 to 9 leading digits/),
      "7 rate: is required: write a price, 0 for free",
      expect.stringMatching(/^8 valid_from: must be a calendar day/),
      expect.stringMatching(/^8 valid_to: must be a calendar day/),
      expect.stringMatching(/^9 rate: must be a price from 0/),
      expect.stringMatching(/^10 valid_from: a channel's base rate has no days/),
      expect.stringMatching(/^11 operator: must be a name/),
      expect.stringMatching(/^11 rate: must be a price .* at most 18 decimals/),
    ]);
  });

  test("cannot be read without the columns", () => {
    expect(errorsOf("channel,country,currency,destination", "sms,US,USD,US")).toEqual([
      expect.stringMatching(
        /^1 currency: is no column of a sheet: remove it, or rename it to one of channel,/,
      ),
      "1 destination: is the same column as country: remove one of the two",
      "1 rate: this column is missing: add it",
    ]);
    expect(errorsOf(HEAD)).toEqual([expect.stringMatching(/^1 null: the sheet has no rows/)]);
    expect(readRateSheet([], true)).toMatchObject({ ok: false });
  });

  test("a cell without a column name is no cell to pass over: it may be half a price", () => {
    expect(errorsOf("channel,country,rate", "sms,US,0,05")).toEqual([
      "2 null: has cells beyond the column names: does a comma split a price in two?",
    ]);
  });

  test("a decimal comma is recognised", () => {
    const read = readRateSheet(
      [
        ["channel", "rate"],
        ["sms", "0,05"],
      ],
      true,
    );
    expect(read).toMatchObject({
      errors: [{ message: expect.stringContaining("write a point, not a comma") }],
    });
  });

  test("no more than a thousand mistakes are listed, the rest is counted", () => {
    const read = readRateSheet(
      [["channel", "rate"], ...Array.from({ length: 1_500 }, () => ["sms", "x"])],
      true,
    );
    expect(read).toMatchObject({ ok: false, dropped: 500 });
    expect(read.ok ? 0 : read.errors.length).toBe(1_000);
  });

  test("one hidden by a row above is warned of", () => {
    const warned = (...lines: string[]) => {
      const read = readRateSheet(cells(HEAD, ...lines), true);
      return read.ok ? read.warnings.map(({ row }) => row) : [];
    };
    expect(warned("sms,US,,,1,,", "sms,US,,,2,2027-01-01,")).toEqual([3]);
    expect(warned("sms,US,,,1,,2027-01-01", "sms,US,,,2,2027-01-01,")).toEqual([]);
    expect(warned("sms,US,,,2,2027-01-01,", "sms,US,,,1,,")).toEqual([]);
    expect(warned("sms,US,,,2,2026-01-01,2026-06-01", "sms,US,,,1,2026-05-01,")).toEqual([3]);
  });
});

describe("a sheet on a card", () => {
  const card = cardText(
    {
      sms: {
        base_rate: 0.01,
        prefix_rates: { "44": 0.05, "49": [{ rate: 0.07, valid_from: "2026-01-01" }, { rate: 0.06 }] },
        operator_rates: { Verizon: "0.020" },
        time_bands: [{ name: "night", start_hour: 0, end_hour: 6, rate: 0.001 }],
        formula: "rate * 2",
      },
      ussd: { base_rate: 1 },
    },
    { volume_discounts: [{ min_volume: 10, discount: 5 }] },
  );
  const rates = JSON.parse(card).rates;

  test("merged: its rows hold, everything else stays", () => {
    expect(
      applied(card, "merge", HEAD, "sms,,,VERIZON,0.021,,", "sms,,4477,,0.08,,", "sms,,,,0.012,,"),
    ).toEqual({
      ...rates,
      sms: {
        ...rates.sms,
        base_rate: 0.012,
        prefix_rates: { ...rates.sms.prefix_rates, 4477: 0.08 },
        operator_rates: { Verizon: 0.021 },
      },
    });
  });

  test("merged: a rate from a day on leaves the days before as they are", () => {
    const { sms } = applied(
      card,
      "merge",
      HEAD,
      "sms,,44,,0.06,2027-01-01,",
      "sms,,49,,0.08,2026-01-01,",
    ) as {
      sms: { prefix_rates: object };
    };
    expect(sms.prefix_rates).toEqual({
      44: [{ rate: 0.06, valid_from: "2027-01-01" }, { rate: 0.05 }],
      49: [{ rate: 0.08, valid_from: "2026-01-01" }, { rate: 0.06 }],
    });
  });

  test("replaced: what the channel's sheet leaves out goes, but for the base rate and other channels", () => {
    expect(applied(card, "replace", HEAD, "sms,,44,,0.05,,")).toEqual({
      ...rates,
      sms: { ...rates.sms, prefix_rates: { 44: 0.05 }, operator_rates: {} },
    });
  });

  test("the same rates give the same text, also where they are spelt in another way", () => {
    const sheet = ratesOf(HEAD, "sms,,,verizon,0.02,,", "sms,,44,,0.0500,,", "ussd,,,,1e0,,");
    expect(applyRateSheet(card, sheet, "merge")).toEqual({ ok: true, source: card });
  });

  test("a base rate that stands among the events changes there", () => {
    const listed = cardText({
      sms: { events: { "sms.deliver": { rate: 1, pulse: null }, "sms.submit": 2 } },
    });
    expect(applied(listed, "merge", HEAD, "sms,,,,3,,")).toEqual({
      sms: { events: { "sms.deliver": { rate: 3, pulse: null }, "sms.submit": 2 } },
    });
  });

  test("a rate with bands of its own is refused by row, and not lost in silence", () => {
    const band = { name: "night", start_hour: 0, end_hour: 6, rate: 0.001 };
    const nested = cardText(
      { sms: { prefix_rates: { 44: { rate: 1, time_bands: [band] }, 49: 2 } } },
      { precedence: ["contract", "operator", "prefix", "destination", "base"] },
    );
    expect(applyRateSheet(nested, ratesOf(HEAD, "sms,,44,,3,,"), "merge")).toMatchObject({
      ok: false,
      errors: [{ row: 2, column: "prefix" }],
    });
    expect(applied(nested, "replace", HEAD, "sms,,33,,3,,")).toEqual({
      sms: { prefix_rates: { 33: 3, 44: { rate: 1, time_bands: [band] } } },
    });
    expect(writeRateSheet(parsed(nested)).omitted).toEqual(["rates.sms.prefix_rates.44"]);
  });
});

describe("what was written", () => {
  const day = fc
    .integer({ min: 0, max: 4_000 })
    .map((days) => new Date(Date.UTC(2020, 0, 1 + days)).toISOString().slice(0, 10));
  const price = fc
    .bigInt({ min: 0n, max: 10n ** 24n })
    .map((units) => `${units / 10n ** 18n}.${String(units % 10n ** 18n).padStart(18, "0")}`);
  const period = fc.record({
    rate: price,
    days: fc.option(fc.uniqueArray(day, { minLength: 2, maxLength: 2 }), { nil: null }),
    open: fc.constantFrom("from", "to", "none"),
  });
  const dated = fc
    .uniqueArray(period, {
      minLength: 1,
      maxLength: 3,
      selector: ({ days, open }) => JSON.stringify([open === "none" ? days : days?.[0], days && open]),
    })
    .map((periods) =>
      periods.map(({ rate, days, open }) => {
        const [from, to] = days?.toSorted() ?? [];
        if (from === undefined) return { rate };
        if (open === "from") return { rate, valid_from: days?.[0] };
        return open === "to" ? { rate, valid_to: days?.[0] } : { rate, valid_from: from, valid_to: to };
      }),
    );
  const value = fc.oneof(price, dated);
  const operator = fc
    .string({ unit: fc.constantFrom(...`abZ9=+-@,;"' é`.split("")), minLength: 1, maxLength: 8 })
    .filter((name) => name.trim() !== "" && name === name.trim());
  const channel = fc.record(
    {
      base_rate: price,
      prefix_rates: fc.dictionary(fc.stringMatching(/^[1-9]\d{0,5}$/), value, { maxKeys: 5 }),
      operator_rates: fc
        .uniqueArray(fc.tuple(operator, value), { maxLength: 4, selector: ([name]) => name.toLowerCase() })
        .map((entries) => Object.fromEntries(entries)),
      destination_rates: fc.dictionary(fc.constantFrom("US", "GB", "DE"), value),
      contract_rate: price,
    },
    { requiredKeys: [] },
  );
  const cards = fc
    .record({ sms: channel, whatsapp: channel }, { requiredKeys: [] })
    .map((rates) => cardText(rates));

  test("gives the same card when it is read again, merged and replaced", () => {
    fc.assert(
      fc.property(cards, fc.constantFrom<SheetMode>("merge", "replace"), (source, mode) => {
        const { rows } = writeRateSheet(parsed(source));
        if (rows.length === 1) return;
        const read = readRateSheet(rows, true);
        if (!read.ok) throw new Error(JSON.stringify(read.errors));
        expect(applyRateSheet(source, read.rates, mode)).toEqual({ ok: true, source });
      }),
    );
  });

  test("replaces what another card says of the same channels", () => {
    fc.assert(
      fc.property(cards, cards, (source, other) => {
        const sheet = writeRateSheet(parsed(source));
        const read = readRateSheet(sheet.rows, true);
        if (!read.ok) return;
        const result = applyRateSheet(other, read.rates, "replace");
        if (!result.ok) throw new Error("there are no bands here");
        const channels = new Set(read.rates.map(({ channel }) => channel));
        const bases = new Set(read.rates.flatMap(({ channel, kind }) => (kind === "base" ? [channel] : [])));
        const rowsOf = (rows: readonly (readonly string[])[]) =>
          rows
            .slice(1)
            .filter(([name = "", ...place]) => {
              const isBase = place.slice(0, 3).join("") === "";
              return channels.has(name) && (!isBase || bases.has(name));
            })
            .map((row) => row.join("|").toLowerCase())
            .sort();
        expect(rowsOf(writeRateSheet(parsed(result.source)).rows)).toEqual(rowsOf(sheet.rows));
      }),
    );
  });
});

describe("the difference", () => {
  const difference = (before: object, after: object, day = "2026-11-24") =>
    sheetDifference(parsed(cardText({ sms: before })), parsed(cardText({ sms: after })), day);
  const lines = (before: object, after: object, day?: string) =>
    difference(before, after, day).changes.map(
      ({ kind, name, from, to, change, percent, raises }) =>
        `${kind} ${name} ${change} ${percent} ${from}…${to ?? ""}${raises ? " !" : ""}`,
    );

  test("names what is added, removed, dearer and cheaper, in percent", () => {
    expect(
      lines(
        { base_rate: 3, prefix_rates: { 44: 1, 49: 3, 33: 1 }, operator_rates: { EE: 2 } },
        { base_rate: 3, prefix_rates: { 44: "1.125", 49: 2, 4477: 1 }, operator_rates: { ee: "2.0" } },
      ),
    ).toEqual([
      "prefix 33 removed null 2026-11-24… !",
      "prefix 44 increased 12.5 2026-11-24… !",
      "prefix 49 decreased -33.33 2026-11-24…",
      "prefix 4477 added null 2026-11-24…",
    ]);
  });

  test("a prefix cut out of a cheaper one is dearer for somebody; one that had no price is not", () => {
    expect(lines({ prefix_rates: { 44: 1 } }, { prefix_rates: { 44: 1, 4477: 2, 49: 9 } })).toEqual([
      "prefix 49 added null 2026-11-24…",
      "prefix 4477 added null 2026-11-24… !",
    ]);
  });

  test("goes by days: what is past is no difference, what comes has its first day", () => {
    const before = { prefix_rates: { 44: [{ rate: 9, valid_to: "2026-01-01" }, { rate: 1 }] } };
    const after = {
      prefix_rates: { 44: [{ rate: 2, valid_from: "2027-01-01", valid_to: "2027-02-01" }, { rate: 1 }] },
    };
    expect(lines(before, after)).toEqual(["prefix 44 increased 100 2027-01-01…2027-02-01 !"]);
    expect(lines(after, before, "2025-12-01")).toEqual([
      "prefix 44 increased 800 2025-12-01…2026-01-01 !",
      "prefix 44 decreased -50 2027-01-01…2027-02-01",
    ]);
  });

  test("no more than ten thousand are listed, the rest is counted", () => {
    const prices = (rate: number) =>
      Object.fromEntries(Array.from({ length: 10_500 }, (_, index) => [String(10_000 + index), rate]));
    const many = difference({ prefix_rates: prices(1) }, { prefix_rates: prices(2) });
    expect([many.changes.length, many.dropped, many.increased, many.raises.length]).toEqual([
      10_000, 500, 10_500, 10_500,
    ]);
  });
});
