/** Every workflow of the platform: what a worker bundles. */
export { tenantOnboarding } from "./tenant-onboarding/workflow.ts";
