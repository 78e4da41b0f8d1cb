import type { InvoiceParty } from "#domain/invoicing/invoice.ts";

/** Where documents of a party are delivered to (BT-34, BT-49), and by what scheme it is named. */
export interface ElectronicAddress {
  readonly scheme: string;
  readonly address: string;
}

/** Electronic Address Schemes of VAT and other tax numbers by country. */
const SCHEMES: Readonly<Record<string, string>> = {
  AD: "9922",
  AE: "0235",
  AL: "9923",
  AT: "9914",
  AU: "0151",
  BA: "9924",
  BE: "9925",
  BG: "9926",
  CH: "9927",
  CY: "9928",
  CZ: "9929",
  DE: "9930",
  EE: "9931",
  ES: "9920",
  FR: "9957",
  GB: "9932",
  GR: "9933",
  HR: "9934",
  HU: "9910",
  IE: "9935",
  IT: "0211",
  JP: "0221",
  LI: "9936",
  LT: "9937",
  LU: "9938",
  LV: "9939",
  MC: "9940",
  ME: "9941",
  MK: "9942",
  MT: "9943",
  NL: "9944",
  PL: "9945",
  PT: "9946",
  RO: "9947",
  RS: "9948",
  SI: "9949",
  SK: "9950",
  SM: "9951",
  TR: "9952",
  US: "9959",
  VA: "9953",
};
/** A mail address: known to EN 16931, but not to Peppol's network. */
const MAIL = "EM";

/** By its tax number where its country has a scheme for it, else by mail; null where there is neither. */
export function electronicAddress({ country, taxId, email }: InvoiceParty): ElectronicAddress | null {
  const scheme = SCHEMES[country];
  if (scheme !== undefined && taxId !== null) return { scheme, address: taxId };
  return email === null ? null : { scheme: MAIL, address: email };
}
