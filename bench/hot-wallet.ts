import type { Bench } from "./bench.ts";
import { runCharging } from "./charging.ts";

export const bench: Bench = {
  name: "hot-wallet",
  summary: "the same as charging, with a single wallet",
  run: (options) => runCharging(options, { name: "hot-wallet", tenants: 1, bar: 15_000 }),
};
