import { z } from "zod";

/** Who issues invoices, and how they look: configuration of the platform. */
export const issuer = z.strictObject({
  name: z.string().trim().min(1).max(200),
  addressLines: z.array(z.string().trim().min(1).max(200)).max(8),
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/, "must be two capital letters (ISO 3166-1)"),
  taxId: z.string().trim().min(1).max(60).nullable(),
  email: z.email("must be a mail address").max(254).nullable(),
  colour: z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as "#0b5fff"'),
  logo: z
    .string()
    // A quarter of a megabyte: it travels within every document.
    .max(256 * 1024, "may have 256 KiB")
    .regex(
      /^data:image\/(png|svg\+xml);base64,[A-Za-z0-9+/]+=*$/,
      "must be a PNG or SVG as a base64 data: URL",
    )
    .nullable(),
  footer: z.array(z.string().trim().min(1).max(200)).max(6),
  /** BCP 47; of customers that name none. */
  language: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as "en"'),
  paper: z.enum(["A4", "letter"]),
});

export type Issuer = z.infer<typeof issuer>;

/** The one issuer that there is; series of numbers are kept by issuer. */
export const ISSUER_ID = "default";

/** An issuer as it stands in the books; versions are never changed. */
export interface IssuerVersion {
  readonly issuerId: string;
  /** 0: nobody has configured it. */
  readonly version: number;
  readonly issuer: Issuer;
}

/** Until somebody says who it is. */
export const UNCONFIGURED_ISSUER: IssuerVersion = {
  issuerId: ISSUER_ID,
  version: 0,
  issuer: {
    name: "Catalyst",
    addressLines: [],
    country: "US",
    taxId: null,
    email: null,
    colour: "#0b5fff",
    logo: null,
    footer: [],
    language: "en",
    paper: "A4",
  },
};

/** Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface Issuers {
  /** The latest version. */
  current(): Promise<IssuerVersion>;
  /** A next version; the same configuration again makes none. */
  put(issuer: Issuer, actor: string, at: number): Promise<IssuerVersion>;
}
