import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { zipSync } from "fflate";
import { RATE_CARD_SOURCE_EXAMPLE } from "#gateway/rest/rate-card-body.ts";
import { SHEET_TYPES } from "#gateway/rest/sheets/formats.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

const ID = "RC-SHEET";
const URL = `/api/v2/rate-cards/${ID}/sheet`;

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
  const body = {
    ...RATE_CARD_SOURCE_EXAMPLE,
    rate_card_id: ID,
    timezone: "UTC",
    effective_date: "2024-01-01",
    rates: { sms: { base_rate: 0.01, prefix_rates: { "4477": 0.04 }, destination_rates: { US: 0.01 } } },
  };
  await call(opened.gateway, "POST", "/api/v2/rate-cards", { body });
});
afterEach(() => opened.gateway.close());

const send = (query: string, body: unknown, type: string = SHEET_TYPES.csv) =>
  call(opened.gateway, "POST", `${URL}${query}`, { body, type });
const download = (format: string) => call(opened.gateway, "GET", `${URL}?format=${format}`);
const versions = (): number => opened.platform.rateCards.filter(({ rateCardId }) => rateCardId === ID).length;

const SHEET = "Channel;Prefix;Country;Price\nsms;4477;;0.045\nsms;;US;0.000000000000000001\nsms;1907;;0.2\n";

describe("a sheet", () => {
  test("tried out says what it would change, and changes nothing", async () => {
    const answer = await send("?dry_run=true", SHEET);
    expect(answer.statusCode).toBe(200);
    const { dry_run: dryRun, rate_card: card, difference } = answer.json();
    expect({ dryRun, card }).toEqual({ dryRun: true, card: null });
    expect(difference).toMatchObject({ added: 1, removed: 0, increased: 1, decreased: 1 });
    expect(difference.changes).toContainEqual(
      expect.objectContaining({
        name: "4477",
        before: "0.04",
        after: "0.045",
        percent: "12.5",
        raises: true,
      }),
    );
    expect(versions()).toBe(1);
  });

  test("becomes the next version, to the last digit, and again changes nothing", async () => {
    const first = await send("", SHEET);
    expect(first.statusCode).toBe(201);
    expect(first.json().rate_card.version).toBe(2);
    const rows = (await download("csv")).body.split("\r\n");
    expect(rows).toEqual(expect.arrayContaining(["sms,US,,,0.000000000000000001,,", "sms,,1907,,0.2,,"]));
    expect((await send("", SHEET)).statusCode).toBe(200);
    expect(versions()).toBe(2);
  });

  test.each(["csv", "xlsx"] as const)("comes back as it went out: %s", async (format) => {
    const { rawPayload, headers } = await download(format);
    expect(headers["content-disposition"]).toBe(`attachment; filename="${ID}-v1.${format}"`);
    const answer = await send("?dry_run=true&mode=replace", rawPayload, SHEET_TYPES[format]);
    expect(answer.json().errors).toEqual([]);
    expect(answer.json().difference).toMatchObject({ added: 0, removed: 0, increased: 0, decreased: 0 });
  });

  test("with mistakes is refused whole, each by row and column with the remedy", async () => {
    const refused = problem(
      await send("", 'channel,prefix,rate\nsms,44-77,0.1\nfax,4478,"1,5"\nsms,4477,0.05\n'),
    );
    expect(refused.code).toBe("sheet_refused");
    expect(refused.errors.map(({ path }) => path)).toEqual([
      "row 2, prefix",
      "row 3, channel",
      "row 3, rate",
    ]);
    expect(refused.errors[2]?.message).toMatch(/a point, not a comma/);
    expect(versions()).toBe(1);
  });

  test("that raises a price before its notice is over is refused by row, and taken with a later date", async () => {
    const early = problem(await send("?notice_days=30", SHEET));
    expect(early.code).toBe("conflict");
    expect(early.errors.map(({ path }) => path)).toContain("row 2, rate");
    const day = new Date(opened.platform.now + 32 * 86_400_000).toISOString().slice(0, 10);
    const later = await send(`?notice_days=30&effective_date=${day}`, SHEET);
    expect(later.statusCode).toBe(201);
    expect(later.json().valid_from).toBe(`${day}T00:00:00.000Z`);
  });

  test("agreed to on another version is refused", async () => {
    await send("", SHEET);
    expect(problem(await send("?base_version=1", SHEET)).code).toBe("conflict");
  });
});

describe("hostile files", () => {
  const bomb = (): Uint8Array =>
    zipSync({
      "xl/workbook.xml": new Uint8Array(200 * 1024 * 1024),
      "[Content_Types].xml": new Uint8Array(1),
    });

  test.each<[string, () => unknown, string, RegExp]>([
    ["no workbook", () => "PK nonsense", SHEET_TYPES.xlsx, /no XLSX workbook/],
    ["a zip bomb", () => Buffer.from(bomb()), SHEET_TYPES.xlsx, /unpacks to more than 100 MB/],
    ["a quote left open", () => `channel,rate\nsms,"${"1".repeat(20_000)}`, SHEET_TYPES.csv, /quote/],
    ["bytes that are no text", () => Buffer.from([0xff, 0xfe, 0x00]), SHEET_TYPES.csv, /UTF-8/],
    ["an unknown column", () => "channel,rate,colour\nsms,1,red\n", SHEET_TYPES.csv, /is no column/],
    ["nothing", () => "channel,rate\n", SHEET_TYPES.csv, /no rows/],
  ])("%s is refused with a reason", async (_name, body, type, message) => {
    const refused = problem(await send("", body(), type));
    expect(refused.code).toBe("sheet_refused");
    expect(refused.errors[0]?.message).toMatch(message);
    expect(versions()).toBe(1);
  });

  test("of another type or size are not read", async () => {
    expect(problem(await send("", "{}", "application/json")).code).toBe("unsupported_media_type");
    expect(problem(await send("", "x".repeat(5 * 1024 * 1024 + 1))).code).toBe("body_too_large");
  });

  test("cells that a spreadsheet would compute are kept from it, and come back as they were", async () => {
    const operator = '=HYPERLINK("http://evil")';
    const sheet = `channel,operator,rate\nsms,"${operator.replaceAll('"', '""')}",0.3\n`;
    expect((await send("", sheet)).statusCode).toBe(201);
    const csv = (await download("csv")).body;
    expect(csv).toContain(`"'=HYPERLINK(""http://evil"")"`);
    const again = await send("?dry_run=true&mode=replace", csv);
    expect(again.json().difference).toMatchObject({ added: 0, removed: 0, increased: 0, decreased: 0 });
  });
});
