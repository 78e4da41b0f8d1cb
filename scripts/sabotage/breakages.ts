/** One deliberate fault: a line of the product replaced by a wrong one, and the tests that must notice. */
export interface Breakage {
  readonly name: string;
  /** What would happen to money. */
  readonly harm: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly line: string;
  readonly instead: string;
  readonly tests: readonly string[];
}

const SIMULATION = "tests/simulation/simulation.test.ts";
const STORE = "tests/billing/wallet-store.test.ts";
const AGREE = "tests/billing/simulators-agree.test.ts";
const LEDGER = "tests/billing/ledger.test.ts";

export const breakages: readonly Breakage[] = [
  {
    name: "commit the offset first",
    harm: "a crash loses events: delivered, never billed",
    file: "pipeline/run-stage.ts",
    line: "if (decoded.length > 0) await handleAll(dependencies, decoded);",
    instead: "if (decoded.length > 0) void handleAll(dependencies, decoded).catch(() => undefined);",
    tests: [SIMULATION],
  },
  {
    name: "drop the ledger's unique key",
    harm: "an event that comes again is charged again",
    file: "adapters/postgres/migrations/0002_ledger.sql",
    line: "  PRIMARY KEY (event_id, accepted_month),",
    instead: "  PRIMARY KEY (event_id, accepted_month, wallet_id, sequence),",
    tests: [AGREE],
  },
  {
    name: "believe every insert",
    harm: "the wallet moves for an entry that the ledger refused",
    file: "adapters/postgres/ledger-commit.ts",
    line: "if (inserted !== entries.length)",
    instead: "if (inserted > entries.length)",
    tests: [AGREE],
  },
  {
    name: "no fence",
    harm: "a consumer that was deposed writes over its successor",
    file: "adapters/postgres/ledger-commit.ts",
    line: 'if (row === undefined || row.epoch !== batch.epoch) return { kind: "fenced" };',
    instead: 'if (row === undefined) return { kind: "fenced" };',
    tests: [AGREE],
  },
  {
    name: "gaps allowed",
    harm: "an entry is missing and nobody can tell",
    file: "adapters/postgres/ledger-commit.ts",
    line: "if (entry.sequence !== sequence) return null;",
    instead: "if (entry.sequence < sequence) return null;",
    tests: [AGREE],
  },
  {
    name: "absolute balances",
    harm: "what others charged meanwhile is overwritten",
    file: "adapters/redis/wallet/charge.lua",
    line: "if head[2] ~= ARGV[2] or head[3] ~= ARGV[3] or #known > 0 then",
    instead: "if head[2] ~= ARGV[2] or #known > 0 then",
    tests: [AGREE, STORE],
  },
  {
    name: "forget what was charged",
    harm: "a redelivered event is taken from the wallet twice",
    file: "adapters/redis/wallet/charge.lua",
    line: "if head[2] ~= ARGV[2] or head[3] ~= ARGV[3] or #known > 0 then",
    instead: "if head[2] ~= ARGV[2] or head[3] ~= ARGV[3] then",
    tests: [AGREE, STORE],
  },
  {
    name: "reserve against the balance alone",
    harm: "messages on their way may together cost more than there is",
    file: "adapters/redis/wallet/reserve.lua",
    line: "fHigh, fMiddle, fLow = subtracted(fHigh, fMiddle, fLow, rHigh, rMiddle, rLow)",
    instead: "",
    tests: [AGREE, STORE],
  },
  {
    name: "believe an old snapshot",
    harm: "a Redis that went back in time gives money back",
    file: "adapters/redis/wallet/reserve.lua",
    line: "if head[1] ~= ARGV[1] then",
    instead: "if not head[1] then",
    tests: [STORE, "tests/billing/chaos.test.ts"],
  },
  {
    name: "an older load wins",
    harm: "a slow rebuild puts back a wallet of a moment ago",
    file: "adapters/redis/wallet/load.lua",
    line: "if alive and tonumber(head[2]) >= tonumber(ARGV[2]) then",
    instead: "if false then",
    tests: [STORE],
  },
  {
    name: "the first body seen is the true one",
    harm: "a forged repetition sends the true event to the dead letters",
    file: "pipeline/billing/plan.ts",
    line: "if (!sameBody && outcome.sequence === null) throw sameIdOtherBody(event.id);",
    instead: "if (!sameBody) throw sameIdOtherBody(event.id);",
    tests: [SIMULATION],
  },
  {
    name: "tell only of what is new",
    harm: "a crash after the ledger and before the triggers: nobody hears that the wallet is low",
    file: "pipeline/billing/stage.ts",
    line: "if (ledgered.size === 0) return steps;",
    instead: "if (ledgered.size >= 0) return steps;",
    tests: [SIMULATION],
  },
  {
    name: "no repair after a gap",
    harm: "what the cache charged and the ledger never got stays taken",
    file: "pipeline/billing/drift.ts",
    line: "        await wallets.rebuild(walletId);",
    instead: "",
    tests: [SIMULATION, LEDGER],
  },
  {
    name: "round half up",
    harm: "a digit more here and there, in the operator's favour",
    file: "domain/money/rounding.ts",
    line: "(twice === denominator && quotient % 2n !== 0n)",
    instead: "twice === denominator",
    tests: ["domain/money/rounding.test.ts"],
  },
];
