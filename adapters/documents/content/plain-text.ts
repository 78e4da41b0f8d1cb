/** Text of somebody's own, and the direction in which it is read. */
export interface PlainText {
  readonly text: string;
  readonly rightToLeft: boolean;
}

/** What no document can show: controls, and the marks that turn the direction of what follows them. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]+/gu;
const STRONG = /\p{L}/u;
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
/** More characters than this without a place to break at are broken anywhere. */
const LONGEST_WORD = 24;
const LONG_WORD = new RegExp(`[^\\s\\u200b]{${LONGEST_WORD + 1},}`, "gu");

/** One line, whole code points, nothing that hides or turns what stands beside it. */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, " ").replace(/\s+/g, " ").trim();
}

/** By its first letter, as `dir="auto"` does in HTML. */
export function plainText(text: string): PlainText {
  const line = printable(text);
  const first = STRONG.exec(line)?.[0];
  return { text: line, rightToLeft: first !== undefined && RIGHT_TO_LEFT.test(first) };
}

/** The same, with places to break at in words that are too long for any column. */
export function breakable(text: PlainText): PlainText {
  return {
    ...text,
    text: text.text.replace(LONG_WORD, (word) => {
      const characters = [...word];
      const pieces: string[] = [];
      for (let at = 0; at < characters.length; at += LONGEST_WORD)
        pieces.push(characters.slice(at, at + LONGEST_WORD).join(""));
      return pieces.join("\u200b");
    }),
  };
}
