import type { OutgoingRecord, RawRecord } from "#domain/events/ports.ts";
import type { SampleRecord } from "./plan.ts";

const ID_LENGTH = 36;
const ID_FIELD = Buffer.from('"messageId":"');

/** Makes records that are the sample's bytes with another message's id. */
export function recordMaker(
  topic: string,
  sample: SampleRecord,
  fixedKey?: string,
): (id: string) => OutgoingRecord {
  const bytes = Buffer.from(sample.value);
  const places: number[] = [];
  for (let at = bytes.indexOf(sample.messageId); at >= 0; at = bytes.indexOf(sample.messageId, at + 1))
    places.push(at);
  return (id) => {
    const value = Buffer.from(bytes);
    for (const place of places) value.write(id, place, ID_LENGTH, "latin1");
    return { topic, key: fixedKey ?? keyOf(id, sample.key.length), value };
  };
}

/** As long as the product's key, and as evenly spread. */
export function keyOf(id: string, length: number): string {
  return id.padStart(length, id).slice(-length);
}

export function messageIdIn({ value }: RawRecord): string {
  const bytes = value as Buffer;
  const start = bytes.indexOf(ID_FIELD) + ID_FIELD.length;
  return bytes.toString("latin1", start, start + ID_LENGTH);
}
