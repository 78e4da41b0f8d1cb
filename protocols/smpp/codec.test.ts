import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodePdu, encodePdu, pduLength } from "./codec.ts";
import type { OutgoingPdu } from "./codec.ts";
import { createFramer } from "./framing.ts";
import { PDUS, TLVS } from "./pdus.ts";
import type { Command, Field, TlvName } from "./pdus.ts";
import { STATUS } from "./status.ts";

const ascii = (most: number) =>
  fc
    .array(fc.integer({ min: 1, max: 127 }), { maxLength: most, size: "max" })
    .map((codes) => String.fromCharCode(...codes));

function fieldValue(field: Field): fc.Arbitrary<number | string | Uint8Array> {
  if (field.type === "uint8") return fc.integer({ min: 0, max: 255 });
  if (field.type === "cstring") return ascii(field.size - 1);
  return fc.uint8Array({ maxLength: field.size - 1, size: "max" });
}

function tlvValue(name: TlvName): fc.Arbitrary<number | string | Uint8Array> {
  const { type } = TLVS[name];
  if (type === "cstring") return ascii(64);
  if (type === "octets") return fc.uint8Array({ maxLength: 1000, size: "max" });
  return fc.integer({ min: 0, max: { uint8: 0xff, uint16: 0xffff, uint32: 0xffffffff }[type] });
}

const anyPdu: fc.Arbitrary<OutgoingPdu> = fc
  .constantFrom(...(Object.keys(PDUS) as Command[]))
  .chain((command) => {
    const fields = PDUS[command].fields as readonly Field[];
    const body = fc.record(Object.fromEntries(fields.map((field) => [field.name, fieldValue(field)])));
    const tlvs = fc.record(
      Object.fromEntries((Object.keys(TLVS) as TlvName[]).map((name) => [name, tlvValue(name)])),
      {
        requiredKeys: [],
      },
    );
    return fc.record({ sequence: fc.integer({ min: 1, max: 0x7fffffff }), body, tlvs }).map((rest) => {
      return { command, status: 0, ...rest };
    });
  });

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      each instanceof Uint8Array ? Buffer.from(each).toString("hex") : each,
    ),
  );
const withHex = (value: Readonly<Record<string, unknown>>): unknown =>
  plain(
    Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        each instanceof Uint8Array ? Buffer.from(each).toString("hex") : each,
      ]),
    ),
  );

describe("the codec", () => {
  test("reads what it wrote, for every PDU of the table", () => {
    fc.assert(
      fc.property(anyPdu, (pdu) => {
        const octets = encodePdu(pdu);
        expect(octets.length).toBe(pduLength(pdu));
        expect(octets.readUInt32BE(0)).toBe(octets.length);
        const read = decodePdu(octets, 0, octets.length);
        if (read.command === "invalid") throw new Error(`could not be read: ${read.status}`);
        expect(read.command).toBe(pdu.command);
        expect(read.sequence).toBe(pdu.sequence);
        expect(withHex(read.body)).toEqual(withHex(pdu.body ?? {}));
        expect(withHex(read.tlvs as Record<string, unknown>)).toEqual(withHex(pdu.tlvs ?? {}));
      }),
      { numRuns: 500 },
    );
  });

  test("never throws on octets of any kind behind a header", () => {
    const ids = Object.values(PDUS).map(({ id }) => id);
    fc.assert(
      fc.property(
        fc.constantFrom(...ids, 0x99, 0xffffffff),
        fc.uint8Array({ maxLength: 400, size: "max" }),
        (id, rest) => {
          const octets = Buffer.alloc(16 + rest.length);
          octets.writeUInt32BE(octets.length, 0);
          octets.writeUInt32BE(id, 4);
          octets.writeUInt32BE(7, 12);
          octets.set(rest, 16);
          expect(decodePdu(octets, 0, octets.length).sequence).toBe(7);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("a PDU cut short at any octet is invalid or a shorter whole, never a misread", () => {
    const whole = encodePdu({
      command: "submit_sm",
      sequence: 9,
      body: { source_addr: "ACME", destination_addr: "233244123456", short_message: Buffer.from("hello") },
    });
    for (let length = 16; length < whole.length; length += 1) {
      expect(decodePdu(whole, 0, length)).toMatchObject({ command: "invalid", sequence: 9 });
    }
  });

  test.each([
    [
      "destination_addr without its end",
      { destination_addr: "1".repeat(20) },
      21,
      STATUS.ESME_RINVDSTADR.code,
    ],
    ["source_addr without its end", { source_addr: "1".repeat(20) }, 21, STATUS.ESME_RINVSRCADR.code],
  ])("names the field at fault: %s", (_, body, size, status) => {
    const octets = encodePdu({ command: "submit_sm", sequence: 1, body });
    const at = octets.indexOf("1".repeat(20));
    octets[at + size - 1] = 0x31;
    expect(decodePdu(octets, 0, octets.length)).toMatchObject({ command: "invalid", status });
  });

  test("keeps unknown parameters and refuses ones of a wrong length", () => {
    const others = [{ tag: 0x1400, value: Buffer.from("vendor") }];
    const octets = encodePdu({ command: "submit_sm", sequence: 1, tlvs: { message_state: 2, others } });
    expect(decodePdu(octets, 0, octets.length)).toMatchObject({ tlvs: { message_state: 2, others } });
    const wrong = encodePdu({
      command: "submit_sm",
      sequence: 1,
      tlvs: { others: [{ tag: TLVS.message_state.tag, value: Buffer.of(1, 2) }] },
    });
    expect(decodePdu(wrong, 0, wrong.length)).toMatchObject({
      command: "invalid",
      status: STATUS.ESME_RINVPARLEN.code,
    });
  });

  test("an error response has no body, and a response may leave its body out", () => {
    const error = encodePdu({
      command: "submit_sm_resp",
      sequence: 1,
      status: 0x58,
      body: { message_id: "x" },
    });
    expect(error).toHaveLength(16);
    expect(decodePdu(error, 0, 16)).toMatchObject({
      command: "submit_sm_resp",
      status: 0x58,
      body: { message_id: "" },
    });
  });

  test("refuses to write what its field cannot hold", () => {
    const body = { destination_addr: "1".repeat(21) };
    expect(() => encodePdu({ command: "submit_sm", sequence: 1, body })).toThrow(RangeError);
  });
});

describe("the framer", () => {
  test("finds the same PDUs however the octets are cut", () => {
    fc.assert(
      fc.property(
        fc.array(anyPdu, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }),
        (pdus, sizes) => {
          const stream = Buffer.concat(pdus.map((pdu) => encodePdu(pdu)));
          const found: number[] = [];
          const framer = createFramer((buffer, start, end) =>
            found.push(decodePdu(buffer, start, end).sequence),
          );
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            expect(framer.push(stream.subarray(at, at + size))).toBe(true);
            at += size;
          }
          expect(found).toEqual(pdus.map(({ sequence }) => sequence));
          expect(framer.pending()).toBe(0);
        },
      ),
    );
  });

  test.each([
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["a length above the limit", Buffer.from([0, 1, 0, 1])],
    ["a length below the header's", Buffer.from([0, 0, 0, 15])],
  ])("gives up on %s", (_, octets) => {
    const framer = createFramer(() => expect(true).toBe(false));
    expect(framer.push(octets)).toBe(false);
  });

  test("knows what is incomplete", () => {
    const framer = createFramer(() => undefined);
    expect(framer.push(Buffer.from([0, 0]))).toBe(true);
    expect(framer.push(Buffer.from([0, 40, 0]))).toBe(true);
    expect(framer.pending()).toBe(5);
  });
});
