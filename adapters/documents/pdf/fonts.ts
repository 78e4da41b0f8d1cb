import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Noto fonts by package (SIL Open Font Licence) whose folder of fonts lies beside its entry's. */
const PACKAGES = ["latin", "arabic", "hebrew", "sc", "jp", "kr"].map((name) => `@embedpdf/fonts-${name}`);

/** Scripts that have a package each, with a folder for each weight; named as their families are. */
const SCRIPTS = [
  "Bengali",
  "Ethiopic",
  "Gujarati",
  "Gurmukhi",
  "Kannada",
  "Khmer",
  "Malayalam",
  "Myanmar",
  "Sinhala",
  "Tamil",
  "Telugu",
  "Thai",
];
const WEIGHTS = ["400Regular", "600SemiBold"];

/** Folders of font files. */
export function fontFolders(): string[] {
  const { resolve } = createRequire(import.meta.url);
  const entries = SCRIPTS.map((script) => resolve(`@expo-google-fonts/noto-sans-${script.toLowerCase()}`));
  return [
    ...PACKAGES.map((name) => join(dirname(resolve(name)), "../fonts")),
    ...entries.flatMap((entry) => WEIGHTS.map((weight) => join(dirname(entry), weight))),
  ];
}

const CHINESE = "Noto Sans S Chinese";
const JAPANESE = "Noto Sans JP";
const KOREAN = "Noto Sans KR";
/** Han characters look different by language: its own font goes first. */
const HAN: Readonly<Record<string, readonly string[]>> = {
  ja: [JAPANESE, CHINESE, KOREAN],
  ko: [KOREAN, CHINESE, JAPANESE],
};

/** Families in the order in which a character is looked for. */
export function fontFamilies(language: string): string[] {
  const han = HAN[language.slice(0, 2)] ?? [CHINESE, JAPANESE, KOREAN];
  const scripts = SCRIPTS.map((script) => `Noto Sans ${script}`);
  return ["Noto Sans", "Noto Naskh Arabic", "Noto Sans Hebrew", ...han, ...scripts];
}
