import type { InvoiceParty } from "#domain/invoicing/invoice.ts";
import { electronicAddress } from "./electronic-address.ts";
import type { TaxCategory } from "./tax-categories.ts";
import { branch, leaf, type Xml } from "./xml.ts";

/** "20457 Hamburg", "D-20457 Hamburg", "110 00 Praha": post code and city, as most of Europe writes them. */
const POST_CODE_AND_CITY = /^(?:[A-Z]{1,2}-)?(\d{2,6}(?: \d{2,3})?) +(\p{L}.*)$/u;

/**
 * @param categories those of the document: where nothing is subject to tax, nobody's VAT number may stand in it (BR-O-02).
 */
export function partyXml(name: string, party: InvoiceParty, categories: readonly TaxCategory[]): Xml {
  const { city, postCode, lines } = addressOf(party.addressLines);
  const [street = null, additional = null, ...others] = lines;
  const endpoint = electronicAddress(party);
  const untaxed = categories.some(({ code }) => code === "O");
  const isVat = hasVatPrefix(party.taxId) && !untaxed;
  const isSeller = name === "cac:AccountingSupplierParty";
  return branch(
    name,
    branch(
      "cac:Party",
      leaf("cbc:EndpointID", endpoint?.address ?? null, { schemeID: endpoint?.scheme ?? "" }),
      branch("cac:PartyName", leaf("cbc:Name", party.name)),
      branch(
        "cac:PostalAddress",
        leaf("cbc:StreetName", street),
        leaf("cbc:AdditionalStreetName", additional),
        leaf("cbc:CityName", city),
        leaf("cbc:PostalZone", postCode),
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
      branch("cac:Contact", leaf("cbc:Name", party.name), leaf("cbc:ElectronicMail", party.email)),
    ),
  );
}

interface Address {
  readonly city: string | null;
  readonly postCode: string | null;
  readonly lines: readonly string[];
}

/** Post code and city of the last line where it has both; what it says otherwise stays a line. */
function addressOf(lines: readonly string[]): Address {
  const [, postCode, city] = POST_CODE_AND_CITY.exec(lines.at(-1)?.trim() ?? "") ?? [];
  return postCode === undefined || city === undefined
    ? { city: null, postCode: null, lines }
    : { city, postCode, lines: lines.slice(0, -1) };
}

/** VAT numbers begin with their country, Greek ones with EL (BR-CO-09). */
function hasVatPrefix(taxId: string | null): boolean {
  return taxId !== null && /^[A-Z]{2}[0-9A-Z]/i.test(taxId);
}
