import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodePdu, encodePdu } from "#protocols/smpp/codec.ts";
import { PDUS, TLVS } from "#protocols/smpp/pdus.ts";
import type { Command, Field, TlvName } from "#protocols/smpp/pdus.ts";
import { npmSmpp } from "./npm-smpp.ts";

/** Text that npm smpp's filters leave alone: it takes times apart and encodes messages by itself unless they are octets. */
const printable = (most: number) =>
  fc
    .array(fc.integer({ min: 0x21, max: 0x7e }), { maxLength: most, size: "max" })
    .map((codes) => String.fromCharCode(...codes));

function value(field: Field): fc.Arbitrary<unknown> {
  if (field.name === "esm_class") return fc.constant(0);
  if (["schedule_delivery_time", "validity_period", "final_date"].includes(field.name))
    return fc.constant("");
  if (field.name === "data_coding") return fc.constant(4);
  if (field.type === "uint8") return fc.integer({ min: 0, max: 255 });
  if (field.type === "cstring") return printable(field.size - 1);
  return fc.uint8Array({ maxLength: field.size - 1, size: "max" }).map((octets) => Buffer.from(octets));
}

const TLV_VALUES = {
  receipted_message_id: printable(64),
  message_state: fc.integer({ min: 0, max: 255 }),
  user_message_reference: fc.integer({ min: 0, max: 65_535 }),
  qos_time_to_live: fc.integer({ min: 0, max: 0xffffffff }),
  network_error_code: fc.uint8Array({ minLength: 3, maxLength: 3 }).map((octets) => Buffer.from(octets)),
};

const anyPdu = fc.constantFrom(...(Object.keys(PDUS) as Command[])).chain((command) => {
  const fields = PDUS[command].fields as readonly Field[];
  return fc
    .record({
      sequence: fc.integer({ min: 1, max: 0x7fffffff }),
      body: fc.record(Object.fromEntries(fields.map((field) => [field.name, value(field)]))),
      tlvs: fc.record(TLV_VALUES, { requiredKeys: [] }),
    })
    .map(({ sequence, body, tlvs: { message_state, ...others } }) => {
      // npm smpp has one namespace for fields and optional parameters: there the field of this name hides the other.
      const hidden = command === "query_sm_resp" || message_state === undefined;
      return {
        command,
        sequence,
        body,
        tlvs: hidden ? others : { ...others, message_state },
      };
    });
});

describe("against npm smpp 0.5.1", () => {
  test("writes the same octets", () => {
    fc.assert(
      fc.property(anyPdu, (pdu) => {
        const theirs = new npmSmpp.PDU(pdu.command, {
          sequence_number: pdu.sequence,
          ...pdu.body,
          ...pdu.tlvs,
        });
        expect(encodePdu(pdu).toString("hex")).toBe(theirs.toBuffer().toString("hex"));
      }),
      { numRuns: 300 },
    );
  });

  test("reads what it wrote", () => {
    fc.assert(
      fc.property(anyPdu, (pdu) => {
        const octets = new npmSmpp.PDU(pdu.command, {
          sequence_number: pdu.sequence,
          ...pdu.body,
          ...pdu.tlvs,
        }).toBuffer();
        const read = decodePdu(octets, 0, octets.length);
        if (read.command === "invalid") throw new Error(`refused with ${read.status}`);
        expect(read.sequence).toBe(pdu.sequence);
        const body = read.body as Record<string, unknown>;
        for (const [name, each] of Object.entries(pdu.body ?? {})) {
          if (each instanceof Uint8Array)
            expect(Buffer.from(body[name] as Uint8Array).equals(each)).toBe(true);
          else expect(body[name]).toBe(each);
        }
        expect(Object.keys(read.tlvs).sort()).toEqual(Object.keys(pdu.tlvs ?? {}).sort());
        expect(Object.keys(read.tlvs).every((name) => (name as TlvName) in TLVS)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
