/**
 * Every workflow, where releases run side by side: those that end within hours keep the release that they began with, so that a change of
 * their code needs no patch. The others go on with the current one.
 */
import { setWorkflowOptions } from "@temporalio/workflow";
import { invoiceMailing, invoicing, settlement } from "./flows.ts";

export * from "./flows.ts";

setWorkflowOptions({ versioningBehavior: "PINNED" }, invoicing);
setWorkflowOptions({ versioningBehavior: "PINNED" }, invoiceMailing);
setWorkflowOptions({ versioningBehavior: "PINNED" }, settlement);
