/** The workflow's type, as workflow.ts exports it. */
export const INVOICE_MAILING = "invoiceMailing";
