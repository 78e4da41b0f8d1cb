import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { array, assert, asyncProperty, bigInt, boolean, constantFrom, oneof, tuple } from "fast-check";
import { readFileSync } from "node:fs";
import { LuaFactory } from "wasmoon";
import { startRedis, type TestRedis } from "./servers.ts";

const amounts = readFileSync(new URL("../../adapters/redis/wallet/amounts.lua", import.meta.url), "utf8");
const LIMIT = 10n ** 38n;

type Pairs = readonly (readonly [bigint, bigint])[];

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

/** Many vectors in one call: a, b, a, b, … */
function scriptOf(body: string): string {
  return `${amounts}
    local answers = {}
    for index = 1, #ARGV, 2 do
      local aHigh, aMiddle, aLow = parsed(ARGV[index])
      local bHigh, bMiddle, bLow = parsed(ARGV[index + 1])
      answers[#answers + 1] = ${body}
    end
    return table.concat(answers, " ")`;
}

async function inRedis(body: string, pairs: Pairs): Promise<string[]> {
  return ((await redis.admin.eval(scriptOf(body), 0, ...pairs.flat().map(String))) as string).split(" ");
}

const factory = new LuaFactory();

/** Dragonfly's Lua: it has integers of 64 bits beside doubles, and they wrap. */
async function inLua54(body: string, pairs: Pairs): Promise<string[]> {
  const given = pairs.flat().map((value) => `"${value}"`);
  const lua = await factory.createEngine();
  try {
    const answer = (await lua.doString(`local ARGV = { ${given.join(", ")} }\n${scriptOf(body)}`)) as string;
    return answer.split(" ");
  } finally {
    lua.global.close();
  }
}

/** Amounts whose limbs lie at the edges, where carries happen, as often as anywhere. */
const limb = oneof(constantFrom(0n, 1n, 10n ** 15n - 1n, 10n ** 14n), bigInt(0n, 10n ** 15n - 1n));
const amount = tuple(boolean(), oneof(constantFrom(0n, 1n), bigInt(0n, 10n ** 7n)), limb, limb).map(
  ([negative, high, middle, low]) => {
    const size = (high * 10n ** 15n + middle) * 10n ** 15n + low;
    return negative ? -size : size;
  },
);
const pairs = array(tuple(amount, amount), { minLength: 1, maxLength: 300 });

describe.each([
  ["Redis' Lua 5.1", inRedis],
  ["Lua 5.4", inLua54],
])("the wallet's limb arithmetic in %s against BigInt", (_name, inLua) => {
  test.each([
    ["formatted(added(aHigh, aMiddle, aLow, bHigh, bMiddle, bLow))", (a: bigint, b: bigint) => String(a + b)],
    [
      "formatted(subtracted(aHigh, aMiddle, aLow, bHigh, bMiddle, bLow))",
      (a: bigint, b: bigint) => String(a - b),
    ],
    [
      "less(aHigh, aMiddle, aLow, bHigh, bMiddle, bLow) and 1 or 0",
      (a: bigint, b: bigint) => (a < b ? "1" : "0"),
    ],
    ["formatted(aHigh, aMiddle, aLow)", (a: bigint) => String(a)],
  ])("%s", async (body, oracle) => {
    await assert(
      asyncProperty(pairs, async (vectors) => {
        expect(await inLua(body, vectors)).toEqual(vectors.map(([a, b]) => oracle(a, b)));
      }),
      { numRuns: 100 },
    );
  });

  test("keeps every digit at the ends of what the ledger holds", async () => {
    const edges: [bigint, bigint][] = [
      [LIMIT - 1n, LIMIT - 1n],
      [1n - LIMIT, 1n - LIMIT],
      [LIMIT - 1n, 1n - LIMIT],
      [9_007_199_254_740_993n, 1n],
    ];
    expect(await inLua("formatted(added(aHigh, aMiddle, aLow, bHigh, bMiddle, bLow))", edges)).toEqual(
      edges.map(([a, b]) => String(a + b)),
    );
  });
});
