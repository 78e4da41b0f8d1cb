import { proxyActivities } from "@temporalio/workflow";
import type { InvoicingActivities } from "#workflows/invoicing/api.ts";
import { MAIL, toldStory } from "#workflows/steps.ts";
import type { InvoiceMailingInput, InvoiceMailingOutput } from "./api.ts";

type Status = "mailing" | InvoiceMailingOutput["result"];

/** One mail, tried for a day. */
export async function invoiceMailing({
  tenantId,
  invoiceId,
  again,
}: InvoiceMailingInput): Promise<InvoiceMailingOutput> {
  const story = toldStory<Status>(`${tenantId}: ${invoiceId}`);
  story.begin("mailing", "mailed");
  const { mailInvoice } = proxyActivities<InvoicingActivities>({ ...MAIL, summary: `mail ${invoiceId}` });
  const outcome = await mailInvoice({ invoiceId, again });
  story.end(outcome.kind === "accepted" ? "done" : "failed");
  story.finish(outcome.kind, outcome.kind === "refused" ? outcome.reason : WORDS[outcome.kind]);
  return { result: outcome.kind };
}

const WORDS = { accepted: "Mailed.", none: "The tenant has no address." } as const;
