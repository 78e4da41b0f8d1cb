import { CEILING_TOPICS } from "./plan.ts";
import { runRaw } from "./raw-process.ts";

/** Reads what the product's notifications read; like it, the bench's tenant having no webhook, it sends nothing. */
await runRaw("notifications", ({ consume }) =>
  consume("notifications", [CEILING_TOPICS.status], () => Promise.resolve()),
);
