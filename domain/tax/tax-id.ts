import { stdnum } from "stdnum";

/** How long a tax id may be that no rule is known for. */
const LENGTH = { min: 4, max: 30 };

/** Numbers by which businesses are taxed, of countries whose rules are known: any of them is one. */
const BUSINESS_NUMBERS: Readonly<Record<string, readonly string[]>> = {
  AU: ["abn", "acn"],
  BR: ["cnpj"],
  CA: ["bn", "gst"],
  CH: ["vat", "uid"],
  CN: ["uscc"],
  EG: ["tn"],
  FR: ["tva", "siren", "siret"],
  ID: ["npwp"],
  IN: ["gstin", "pan"],
  JP: ["cn"],
  KE: ["pin"],
  KR: ["brn"],
  MX: ["rfc"],
  NO: ["mva", "orgnr"],
  NZ: ["ird"],
  PK: ["ntn"],
  RU: ["inn"],
  SG: ["uen"],
  TH: ["moa", "tin"],
  TR: ["vkn"],
  TW: ["ubn"],
  UA: ["edrpou"],
  US: ["ein"],
  VN: ["mst"],
  ZA: ["vat", "tin"],
};

interface NumberRule {
  validate(text: string): { readonly isValid: boolean; readonly compact?: string };
}

/** The rules that hold for the country; a country that is not listed above is judged by its VAT id, where it has one. */
function rulesOf(country: string): readonly NumberRule[] {
  const rules = (stdnum as unknown as Readonly<Record<string, Readonly<Record<string, NumberRule>>>>)[
    country
  ];
  const names = BUSINESS_NUMBERS[country] ?? ["vat", "tva", "nif", "nit", "ruc", "rut", "cuit", "rnc", "inn"];
  return names.flatMap((name) => rules?.[name] ?? []);
}

/**
 * A tax id as it is kept and compared: without spaces, dots and dashes, in capitals; VAT ids of the European Union keep their country's letters.
 * @param country ISO 3166-1 alpha-2.
 * @returns null for a text that is none there: where the country's rule is known it is judged by it, check digits included, and elsewhere by its form alone.
 */
export function parseTaxId(text: string, country: string): string | null {
  const plain = text
    .trim()
    .toUpperCase()
    .replace(/[\s./-]+/g, "");
  if (!/^[A-Z0-9]+$/.test(plain) || plain.length < LENGTH.min || plain.length > LENGTH.max) return null;
  const rules = rulesOf(country);
  if (rules.length === 0) return plain;
  // Greece writes EL where ISO says GR.
  const prefix = country === "GR" ? "EL" : country;
  const unprefixed = plain.startsWith(prefix) ? plain.slice(prefix.length) : plain;
  const isOne = rules.some((rule) => rule.validate(plain).isValid || rule.validate(unprefixed).isValid);
  if (!isOne) return null;
  return EUROPEAN_UNION.has(country) ? prefix + unprefixed : plain;
}

/** Members, and XI, under which Northern Ireland trades goods with them. */
const EUROPEAN_UNION: ReadonlySet<string> = new Set(
  "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(" "),
);
