import { beforeAll, expect, test } from "@jest/globals";
import { invoiceUbl } from "#adapters/documents/ubl/invoice-ubl.ts";
import { SAMPLES, sampleInvoice } from "./samples.ts";
import { brokenRules, installUblRules } from "./ubl-rules.ts";

/** Fetching the rules, once, and two starts of Java. */
const PATIENCE_MS = 300_000;

/** What the samples do not say, since the invoice does not know it. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // No mail address and no scheme for the country's tax numbers: not to be delivered over Peppol.
  chinese: ["PEPPOL-EN16931-R010", "PEPPOL-EN16931-CL008"],
  // Germany wants the seller's telephone number.
  "telecom-month": ["DE-R-006", "DE-R-027"],
};

beforeAll(installUblRules, PATIENCE_MS);

test(
  "every sample keeps the published rules of EN 16931 and Peppol BIS Billing 3.0, and a false sum breaks one",
  async () => {
    const documents = new Map(SAMPLES.map((name) => [name, invoiceUbl(sampleInvoice(name))]));
    const session = documents.get("ussd-session")!;
    documents.set("false-sum", session.replace(/(<cbc:PayableAmount[^>]*>)0\.10/, "$10.11"));
    const expected = Object.fromEntries(SAMPLES.map((name) => [name, KNOWN[name] ?? []]));
    expect(await brokenRules(documents)).toEqual({ ...expected, "false-sum": ["BR-CO-16"] });
  },
  PATIENCE_MS,
);
