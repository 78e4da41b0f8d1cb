import { describe, expect, test } from "@jest/globals";
import { money } from "#domain/money/money.ts";
import { fingerprintOf } from "#pipeline/billing/fingerprint.ts";
import { CsvRecords } from "../shadow/csv.ts";
import { openingBalanceEvent, readOpeningBalances, type OpenableWallet } from "./opening-balances.ts";

const wallets: OpenableWallet[] = [
  { walletId: "w1", tenantId: "A", currency: "USD", createdAt: 1_000 },
  { walletId: "w2", tenantId: "B", currency: "USD", createdAt: 2_000 },
  { walletId: "w3", tenantId: "B", currency: "EUR", createdAt: 3_000 },
];

function read(text: string) {
  const records = new CsvRecords(",");
  const { balances, problems } = readOpeningBalances([...records.push(text), ...records.end()], wallets);
  return { balances: balances.map(({ wallet, amount }) => [wallet.walletId, amount]), problems };
}

describe("opening balances", () => {
  test("go to the wallet that the row names, by tenant, currency or id, exactly", () => {
    expect(read("tenant_id,balance,currency\nA,100.000000000000000001,\nB,-3.5,eur\n").balances).toEqual([
      ["w1", 100_000_000_000_000_000_001n],
      ["w3", -3_500_000_000_000_000_000n],
    ]);
    expect(read("Wallet_ID,Balance\r\nw2,7\r\n\r\n")).toEqual({
      balances: [["w2", 7_000_000_000_000_000_000n]],
      problems: [],
    });
  });

  test.each([
    ["A,1e5x", "no decimal"],
    ["A,0.0000000000000000001", "no decimal"],
    ["A,", "nothing is no decimal"],
    ["nobody,1", "create the tenant first"],
    [",1", "create the tenant first"],
    ["B,1", "has 2 such wallets: name one in a column wallet_id"],
  ])("%s is refused", (row, problem) => {
    expect(read(`tenant_id,balance\n${row}\n`).problems).toEqual([expect.stringContaining(`line 2: `)]);
    expect(read(`tenant_id,balance\n${row}\n`).problems[0]).toContain(problem);
  });

  test("a currency that is not the wallet's, a wallet twice, and headings that say nothing are named", () => {
    expect(read("wallet_id,balance,currency\nw1,1,EUR\nw2,1,USD\nw2,2,USD").problems).toEqual([
      "line 2: currency: wallet w1 is in USD, not EUR",
      "line 4: the wallet stands in line 3 already",
    ]);
    expect(() => read("name,amount\nA,1")).toThrow("needs the columns balance and tenant_id");
  });

  test("are the same event however often they come, and another with another amount", () => {
    const [one] = readOpeningBalances(
      [
        { line: 1, fields: ["wallet_id", "balance"] },
        { line: 2, fields: ["w1", "5"] },
      ],
      wallets,
    ).balances;
    const event = openingBalanceEvent(one!, "a");
    expect(openingBalanceEvent(one!, "b")).toEqual({ ...event, actor: "b" });
    expect(fingerprintOf(openingBalanceEvent(one!, "b"))).toBe(fingerprintOf(event));
    const other = openingBalanceEvent({ ...one!, amount: money(1n) }, "a");
    expect(other.id).toBe(event.id);
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(event));
  });
});
