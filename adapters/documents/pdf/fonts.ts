import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Noto fonts by package (SIL Open Font Licence), and the folder in it that has the weights in use. */
const PACKAGES: readonly (readonly [entry: string, folders: readonly string[]])[] = [
  ["@embedpdf/fonts-latin", ["../fonts"]],
  ["@embedpdf/fonts-arabic", ["../fonts"]],
  ["@embedpdf/fonts-hebrew", ["../fonts"]],
  ["@embedpdf/fonts-sc", ["../fonts"]],
  ["@embedpdf/fonts-jp", ["../fonts"]],
  ["@embedpdf/fonts-kr", ["../fonts"]],
  ["@expo-google-fonts/noto-sans-thai", ["400Regular", "600SemiBold"]],
];

/** Folders of font files. */
export function fontFolders(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return PACKAGES.flatMap(([entry, folders]) =>
    folders.map((folder) => join(dirname(resolve(entry)), folder)),
  );
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
  return ["Noto Sans", "Noto Naskh Arabic", "Noto Sans Hebrew", "Noto Sans Thai", ...han];
}
