import { printable } from "../content/plain-text.ts";

/** An element as lines of text; empty where there is nothing in it. */
export type Xml = readonly string[];

type Attributes = Readonly<Record<string, string>>;

/** An element with text; none where there is no text, since UBL knows no empty elements. */
export function leaf(name: string, text: string | null, attributes: Attributes = {}): Xml {
  const content = text === null ? "" : printable(text);
  return content === "" ? [] : [`<${name}${written(attributes)}>${escaped(content)}</${name}>`];
}

/** An element with elements; none where all of them are none. */
export function branch(name: string, ...children: readonly Xml[]): Xml {
  const lines = children.flat();
  return lines.length === 0 ? [] : [`<${name}>`, ...lines.map((line) => `  ${line}`), `</${name}>`];
}

/** A whole document. */
export function xmlDocument(name: string, namespaces: Attributes, ...children: readonly Xml[]): string {
  const lines = children.flat().map((line) => `  ${line}\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${written(namespaces)}>\n${lines.join("")}</${name}>\n`;
}

function written(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escaped(printable(value))}"`)
    .join("");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
