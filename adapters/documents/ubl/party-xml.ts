import type { InvoiceParty } from "#domain/invoicing/invoice.ts";
import type { TaxCategory } from "./tax-categories.ts";
import { branch, leaf, type Xml } from "./xml.ts";

/** Electronic Address Scheme: a mail address. */
const MAIL_SCHEME = "EM";

/**
 * @param categories those of the document: where nothing is subject to tax, nobody's VAT number may stand in it (BR-O-02).
 */
export function partyXml(name: string, party: InvoiceParty, categories: readonly TaxCategory[]): Xml {
  const [street = null, additional = null, ...others] = party.addressLines;
  const untaxed = categories.some(({ code }) => code === "O");
  const isVat = hasVatPrefix(party.taxId) && !untaxed;
  const isSeller = name === "cac:AccountingSupplierParty";
  return branch(
    name,
    branch(
      "cac:Party",
      leaf("cbc:EndpointID", party.email, { schemeID: MAIL_SCHEME }),
      branch("cac:PartyName", leaf("cbc:Name", party.name)),
      branch(
        "cac:PostalAddress",
        leaf("cbc:StreetName", street),
        leaf("cbc:AdditionalStreetName", additional),
        // One more line is all that there is (BT-162).
        branch("cac:AddressLine", leaf("cbc:Line", others.join(", "))),
        branch("cac:Country", leaf("cbc:IdentificationCode", party.country)),
      ),
      // A seller's number that is no VAT number is its registration with the tax authority (BT-32); a buyer has no such term.
      isVat || isSeller
        ? branch(
            "cac:PartyTaxScheme",
            leaf("cbc:CompanyID", party.taxId),
            party.taxId === null ? [] : branch("cac:TaxScheme", leaf("cbc:ID", isVat ? "VAT" : "TAX")),
          )
        : [],
      branch(
        "cac:PartyLegalEntity",
        leaf("cbc:RegistrationName", party.name),
        isVat ? [] : leaf("cbc:CompanyID", party.taxId),
      ),
      branch("cac:Contact", leaf("cbc:ElectronicMail", party.email)),
    ),
  );
}

/** VAT numbers begin with their country, Greek ones with EL (BR-CO-09). */
function hasVatPrefix(taxId: string | null): boolean {
  return taxId !== null && /^[A-Z]{2}[0-9A-Z]/i.test(taxId);
}
