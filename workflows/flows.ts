/** Every workflow of the platform: what a worker bundles. */
export { invoiceMailing } from "./invoice-mailing/workflow.ts";
export { invoicing } from "./invoicing/workflow.ts";
export { fraudCase } from "./fraud-case/workflow.ts";
export { lowBalance } from "./low-balance/workflow.ts";
export { n8nStep } from "./n8n-step/workflow.ts";
export { paymentCollection } from "./payment-collection/workflow.ts";
export { paymentDispute } from "./payment-dispute/workflow.ts";
export { paymentRefund } from "./payment-refund/workflow.ts";
export { resultDelivery } from "./result-delivery/workflow.ts";
export { settlement } from "./settlement/workflow.ts";
export { suspension } from "./suspension/workflow.ts";
export { tenantOnboarding } from "./tenant-onboarding/workflow.ts";
