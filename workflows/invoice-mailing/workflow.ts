import {
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  type ActivityOptions,
} from "@temporalio/workflow";
import { FLOW_STATUS } from "#domain/flows/search-attributes.ts";
import { createStory } from "#domain/flows/story.ts";
import type { InvoicingActivities } from "#workflows/invoicing/api.ts";
import type { InvoiceMailingInput, InvoiceMailingOutput } from "./api.ts";

type Status = "mailing" | InvoiceMailingOutput["result"];

const MAIL: ActivityOptions = {
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: "24h",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1h" },
};

/** One mail, tried for a day. */
export async function invoiceMailing({
  tenantId,
  invoiceId,
  again,
}: InvoiceMailingInput): Promise<InvoiceMailingOutput> {
  const story = createStory<Status>(`${tenantId}: ${invoiceId}`, (status, details) => {
    setCurrentDetails(details);
    upsertSearchAttributes([{ key: FLOW_STATUS, value: status }]);
  });
  story.begin("mailing", "mailed");
  const { mailInvoice } = proxyActivities<InvoicingActivities>({ ...MAIL, summary: `mail ${invoiceId}` });
  const outcome = await mailInvoice({ invoiceId, again });
  story.end(outcome.kind === "accepted" ? "done" : "failed");
  story.finish(outcome.kind, outcome.kind === "refused" ? outcome.reason : WORDS[outcome.kind]);
  return { result: outcome.kind };
}

const WORDS = { accepted: "Mailed.", none: "The tenant has no address." } as const;
