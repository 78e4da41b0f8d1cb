import { z } from "zod";
import { issuer as issuerSchema, type IssuerVersion } from "#domain/invoicing/issuer.ts";

const { shape } = issuerSchema;

/** An issuer in a request. */
export const issuerRequest = z.strictObject({
  name: shape.name,
  address_lines: shape.addressLines,
  country: shape.country,
  tax_id: shape.taxId.default(null),
  email: shape.email.default(null),
  colour: shape.colour.default("#0b5fff"),
  logo: shape.logo.default(null).describe("PNG or SVG as a base64 data: URL"),
  footer: shape.footer.default([]),
  language: shape.language.default("en").describe("Of customers that name none"),
  paper: shape.paper.default("A4"),
});

const fields = z.object({
  version: z.int().describe("0: nobody has configured it"),
  name: z.string(),
  address_lines: z.array(z.string()),
  country: z.string(),
  tax_id: z.string().nullable(),
  email: z.string().nullable(),
  colour: z.string(),
  logo: z.string().nullable(),
  footer: z.array(z.string()),
  language: z.string(),
  paper: z.enum(["A4", "letter"]),
});

export const ISSUER_EXAMPLE: z.infer<typeof fields> = {
  version: 1,
  name: "Example Telecom Ltd",
  address_lines: ["1 Exchange Square", "London EC2A 2JN"],
  country: "GB",
  tax_id: "GB123456789",
  email: "billing@telecom.example",
  colour: "#0b5fff",
  logo: null,
  footer: ["Registered in England 1234567"],
  language: "en",
  paper: "A4",
};

export const issuerBody = fields.meta({ id: "Issuer", examples: [ISSUER_EXAMPLE] });

export function toIssuerBody({ version, issuer }: IssuerVersion): z.infer<typeof fields> {
  const { addressLines, taxId, ...rest } = issuer;
  return { version, ...rest, address_lines: addressLines, tax_id: taxId };
}
