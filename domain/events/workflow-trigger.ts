import { z } from "zod";

/**
 * Asks for a durable flow, on workflow.triggers keyed by wallet or tenant. `id` is the business key, the same for every
 * repetition: `wallet:threshold:sequence` for balances. The receiver starts or signals idempotently: adapters/temporal/flow-triggers.ts
 * has a row for each type.
 */
export const workflowTrigger = z.object({
  v: z.literal(1),
  type: z.enum(["wallet.threshold"]),
  id: z.string(),
  tenantId: z.string(),
  walletId: z.string(),
  threshold: z.enum(["low", "critical", "negative", "recovered"]),
  /** Decimal string: the ledger's balance after its commit. */
  balance: z.string(),
  currency: z.string(),
  at: z.number().int(),
});

export type WorkflowTrigger = z.infer<typeof workflowTrigger>;
