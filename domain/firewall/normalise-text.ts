import { LATIN_OF } from "./homoglyphs.ts";

// eslint-disable-next-line no-control-regex -- the range is all of ASCII
const ASCII = /^[\0-\x7f]*$/;
const NOT_A_WORD_ASCII = /[^a-z0-9]+/g;
const NOT_A_WORD = /[^\p{L}\p{N}\p{M}]+/gu;
/** Zero-width characters, soft hyphens, direction marks, variation selectors, fillers: not seen, so used to cut words. */
const INVISIBLE = /[\p{Cf}\p{Variation_Selector}\u034f\u115f\u1160\u3164\uffa0]/gu;
/** Accents on Latin, Greek and Cyrillic; the vowel signs of other scripts are part of the word. */
const ACCENTS = /[\u0300-\u036f]/g;
const NOT_ASCII = /[^\0-\x7f]/gu; // eslint-disable-line no-control-regex -- as above

/** Three or more words of one character each: "v i a g r a", "v.i.a.g.r.a". */
const SPELLED_OUT = / (?:\S ){3,}/gu;

const HAS_LETTER_SIGNS = /\p{L}[0134578@$]|[0134578@$!|]\p{L}/u;
const WORD_WITH_SIGNS = /[\p{L}\p{N}\p{M}@$!|]+/gu;
/** At a word's end ! and | are what they seem. */
const LETTER_SIGN = /[0134578@$]|[!|](?=.*\p{L})/gu;
const HAS_LETTER = /\p{L}/u;
const LETTER_OF: Readonly<Record<string, string>> = {
  "0": "o",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
};

/**
 * The words of a text as the firewall compares them: compatibility forms decomposed (NFKD), look-alike letters made Latin, lower case, without accents and
 * invisible characters; one space between words, before the first and after the last.
 */
export function normaliseText(text: string): string {
  return words(fold(text));
}

/**
 * Every reading of a text that keyword rules are tried on, the plain one first: also with spelled-out words closed up, and with
 * digits and signs inside words read as letters ("fr33 ca$h"; 1, ! and | as i, then as l). Mostly one, at most seven.
 */
export function readings(text: string): readonly string[] {
  const folded = fold(text);
  const plain = words(folded);
  const closed = closeUp(plain);
  const signs = HAS_LETTER_SIGNS.test(folded);
  if (closed === plain && !signs) return [plain];
  const all = new Set([plain, closed]);
  for (const stroke of ["i", "l"] as const) {
    const lettered = words(readSigns(folded, stroke));
    all.add(lettered);
    all.add(readSigns(closeUp(lettered), stroke));
    all.add(readSigns(closed, stroke));
  }
  return [...all];
}

function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .replace(INVISIBLE, "")
    .replace(ACCENTS, "")
    .replace(NOT_ASCII, latin)
    .toLowerCase();
}

function latin(character: string): string {
  return LATIN_OF.get(character) ?? LATIN_OF.get(character.toLowerCase()) ?? character;
}

function words(folded: string): string {
  return ` ${folded.replace(ASCII.test(folded) ? NOT_A_WORD_ASCII : NOT_A_WORD, " ").trim()} `;
}

function closeUp(spaced: string): string {
  return spaced.replace(SPELLED_OUT, (run) => ` ${run.replaceAll(" ", "")} `);
}

function readSigns(folded: string, stroke: "i" | "l"): string {
  return folded.replace(WORD_WITH_SIGNS, (word) =>
    HAS_LETTER.test(word) ? word.replace(LETTER_SIGN, (sign) => LETTER_OF[sign] ?? stroke) : word,
  );
}
