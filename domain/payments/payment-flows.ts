import type { Payment } from "./payment.ts";
import type { PaymentSignals } from "./ports.ts";

/** The way to the flows of payments. Everything throws Unavailable when Temporal cannot be reached. */
export interface PaymentFlows extends PaymentSignals {
  /**
   * Something was written down of the payment: its flow looks, whether it runs or has ended. When this resolves, Temporal has it for good.
   */
  wake(payment: Payment): Promise<void>;
}
