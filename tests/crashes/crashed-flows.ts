import type { CrashedFlow } from "./crash-world.ts";
import { fraudCaseCrashes } from "./flows/fraud-case.ts";
import { invoicingCrashes } from "./flows/invoicing.ts";
import { n8nStepCrashes, resultDeliveryCrashes } from "./flows/n8n.ts";
import { onboardingCrashes } from "./flows/onboarding.ts";
import { paymentCollectionCrashes, paymentDisputeCrashes, paymentRefundCrashes } from "./flows/payments.ts";
import { lowBalanceCrashes, suspensionCrashes } from "./flows/service.ts";
import { settlementCrashes } from "./flows/settlement.ts";

/** Every flow of workflows/flows.ts that does anything of its own. */
export const CRASHED_FLOWS: readonly CrashedFlow[] = [
  onboardingCrashes,
  invoicingCrashes,
  paymentCollectionCrashes,
  paymentRefundCrashes,
  paymentDisputeCrashes,
  lowBalanceCrashes,
  suspensionCrashes,
  fraudCaseCrashes,
  settlementCrashes,
  n8nStepCrashes,
  resultDeliveryCrashes,
];
