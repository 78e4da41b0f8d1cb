import { extractText } from "unpdf";

/** The text of each page, as a reader of PDFs finds it, without the marks of direction that it puts in; white space is one space. */
export async function pagesOf(pdf: Uint8Array): Promise<string[]> {
  const { text } = await extractText(pdf.slice(), { mergePages: false });
  return text.map((page) => page.replace(/[\u200e\u200f\u202a-\u202e]/g, "").replace(/\s+/g, " "));
}
