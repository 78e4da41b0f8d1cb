import type { Bench } from "./bench.ts";

/** Every bench and the file that holds it; a module is loaded only when it runs. */
export const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  authorise: () => import("./authorise.ts"),
  charging: () => import("./charging.ts"),
  documents: () => import("./documents.ts"),
  "hot-wallet": () => import("./hot-wallet.ts"),
  n8n: () => import("./n8n.ts"),
  pipeline: () => import("./pipeline.ts"),
  quotes: () => import("./quotes.ts"),
  rating: () => import("./rating.ts"),
  rebuild: () => import("./rebuild.ts"),
  settlement: () => import("./settlement.ts"),
  workflows: () => import("./workflows.ts"),
};
