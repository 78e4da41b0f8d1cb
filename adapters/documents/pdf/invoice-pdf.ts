import type { InvoiceContent } from "../content/invoice-content.ts";
import { fontFamilies } from "./fonts.ts";
import type { Typesetter } from "./typesetter.ts";

export function invoicePdf(content: InvoiceContent, typesetter: Typesetter): Promise<Uint8Array> {
  const { logo, ...words } = content;
  const [year, month, day] = content.issuedOn.split("-").map(Number);
  const sheet = {
    ...words,
    fonts: fontFamilies(content.language),
    paper: content.paper === "letter" ? "us-letter" : "a4",
    issued: { year, month, day },
  };
  return typesetter.typeset({ content: JSON.stringify(sheet), logo });
}
