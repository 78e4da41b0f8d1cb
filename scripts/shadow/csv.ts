/** A field with more than this is no call detail record; it also bounds what an unclosed quote can swallow. */
const RECORD_LENGTH_MAX = 1_048_576;

/**
 * Records of a CSV text (RFC 4180) that comes in pieces: quoted fields may hold delimiters, quotes (doubled) and line ends. Lines end with
 * LF or CRLF. An unclosed quote is a problem of its record, whose line number (from 1) it carries.
 */
export class CsvRecords {
  readonly #delimiter: string;
  #rest = "";
  #line = 0;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** The records that are complete; a last one without a line end waits for `end`. */
  *push(piece: string): Generator<{ readonly line: number; readonly fields: string[] }> {
    const text = this.#rest + piece;
    let start = 0;
    let quote = text.indexOf('"');
    let open = false;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) {
      for (; quote !== -1 && quote < end; quote = text.indexOf('"', quote + 1)) open = !open;
      // A line end within quotes belongs to the field.
      if (open) continue;
      yield* this.#record(text.slice(start, text.charCodeAt(end - 1) === 13 ? end - 1 : end));
      start = end + 1;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > RECORD_LENGTH_MAX)
      throw new RangeError(`line ${this.#line + 1} does not end: is a quote left open?`);
  }

  *end(): Generator<{ readonly line: number; readonly fields: string[] }> {
    if (this.#rest !== "") yield* this.#record(this.#rest);
    this.#rest = "";
  }

  *#record(text: string): Generator<{ readonly line: number; readonly fields: string[] }> {
    this.#line += 1;
    if (text !== "") yield { line: this.#line, fields: fieldsOf(text, this.#delimiter) };
  }
}

function fieldsOf(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text[at] !== '"') {
      const next = text.indexOf(delimiter, at);
      const end = next === -1 ? text.length : next;
      fields.push(text.slice(at, end));
      at = end + 1;
      continue;
    }
    let [value, from] = ["", at + 1];
    for (;;) {
      const quote = text.indexOf('"', from);
      value += text.slice(from, quote === -1 ? text.length : quote);
      if (text[quote + 1] !== '"' || quote === -1) {
        at = quote === -1 ? text.length + 1 : quote + 2;
        break;
      }
      value += '"';
      from = quote + 2;
    }
    fields.push(value);
  }
  return fields;
}

/** A field as it is written: in quotes where it must be. */
export function csvField(value: string): string {
  return /[",;\t\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
