import { describe, expect, test } from "@jest/globals";
import { encodeGsm, encodeUcs2 } from "#domain/messages/gsm-alphabet.ts";
import { decodePdu, encodePdu } from "#protocols/smpp/codec.ts";
import type { Body, Pdu, Tlvs } from "#protocols/smpp/pdus.ts";
import { STATUS, statusName } from "#protocols/smpp/status.ts";
import { createBindGuard } from "./bind-guard.ts";
import { readSubmit, REFUSAL_STATUS } from "./submit.ts";

const NOW = Date.UTC(2026, 0, 1);

function read(body: Partial<Body<"submit_sm">>, tlvs: Tlvs = {}) {
  const octets = encodePdu({
    command: "submit_sm",
    sequence: 1,
    body: { destination_addr: "1", ...body },
    tlvs,
  });
  return readSubmit(
    decodePdu(octets, 0, octets.length) as Pdu<"submit_sm">,
    { systemId: "acme", tenantId: "T" },
    NOW,
  );
}

const text = (body: Partial<Body<"submit_sm">>, tlvs?: Tlvs): string => {
  const result = read(body, tlvs);
  return result.ok ? result.submission.text : statusName(result.status);
};

describe("readSubmit", () => {
  test("reads every alphabet", () => {
    expect(text({ short_message: encodeGsm("20 € {ü}") })).toBe("20 € {ü}");
    expect(text({ short_message: Buffer.from("plain"), data_coding: 1 })).toBe("plain");
    expect(text({ short_message: Buffer.from("Grüße", "latin1"), data_coding: 3 })).toBe("Grüße");
    expect(text({ short_message: encodeUcs2("Привет 😀"), data_coding: 8 })).toBe("Привет 😀");
    expect(text({}, { message_payload: Buffer.from("a".repeat(600)) })).toBe("a".repeat(600));
  });

  test.each([
    ["binary content", { data_coding: 4 }, "ESME_RINVDCS"],
    ["a flash class", { data_coding: 0xf0 }, "ESME_RINVDCS"],
    ["eight-bit octets as GSM", { short_message: Buffer.of(0xe4) }, "ESME_RINVDCS"],
    ["half a UCS-2 unit", { data_coding: 8, short_message: Buffer.of(1, 2, 3) }, "ESME_RINVDCS"],
    ["U+0000", { data_coding: 3, short_message: Buffer.of(0x41, 0) }, "ESME_RINVDCS"],
    ["a silent message", { protocol_id: 0x40 }, "ESME_RSUBMITFAIL"],
    ["a SIM download", { protocol_id: 0x7f }, "ESME_RSUBMITFAIL"],
    [
      "a header with ports",
      { esm_class: 0x40, short_message: Buffer.of(6, 5, 4, 0, 80, 0, 80, 65) },
      "ESME_RINVESMCLASS",
    ],
    [
      "a SIM command header",
      { esm_class: 0x40, short_message: Buffer.of(2, 0x70, 0, 65) },
      "ESME_RINVESMCLASS",
    ],
    ["a header beyond its message", { esm_class: 0x40, short_message: Buffer.of(9, 0) }, "ESME_RINVESMCLASS"],
    ["a receipt from an ESME", { esm_class: 0x04 }, "ESME_RINVESMCLASS"],
    ["a schedule", { schedule_delivery_time: "260102030405000+" }, "ESME_RINVSCHED"],
    ["a validity in no form", { validity_period: "tomorrow" }, "ESME_RINVEXPIRY"],
    ["a validity that is over", { validity_period: "251231235959000+" }, "ESME_RINVEXPIRY"],
  ])("refuses %s", (_, body, status) => expect(text(body)).toBe(status));

  test("refuses text in both places", () => {
    expect(text({ short_message: Buffer.of(65) }, { message_payload: Buffer.of(65) })).toBe(
      "ESME_ROPTPARNOTALLWD",
    );
  });

  test("takes a concatenated part without its header", () => {
    const parts = [Buffer.of(5, 0, 3, 1, 2, 1, 65), Buffer.of(6, 8, 4, 0, 1, 2, 1, 66)];
    expect(parts.map((octets) => text({ esm_class: 0x40, short_message: octets }))).toEqual(["A", "B"]);
  });

  test("reads addresses, validity and whether a receipt is wanted", () => {
    const result = read({
      source_addr_ton: 5,
      source_addr: "ACME",
      dest_addr_ton: 1,
      destination_addr: "233244123456",
      validity_period: "000000010000000R",
      registered_delivery: 1,
    });
    expect(result).toMatchObject({
      ok: true,
      submission: {
        from: "ACME",
        to: "+233244123456",
        validityMs: 3_600_000,
        receipt: true,
        systemId: "acme",
        door: "smpp",
      },
    });
    expect(read({ registered_delivery: 0, dest_addr_ton: 0, destination_addr: "0244123456" })).toMatchObject({
      submission: { to: "0244123456", receipt: false },
    });
  });

  test("every refusal of the ingress has a status", () => {
    for (const name of Object.values(REFUSAL_STATUS)) expect(STATUS[name].code).toBeGreaterThan(0);
  });
});

describe("the bind guard", () => {
  const limits = { maxFailures: 3, maxFailuresOfAddress: 5, windowMs: 100, lockMs: 200, capacity: 4 };

  test("locks a pair after its failures, for a time, and nobody else", () => {
    const guard = createBindGuard(limits);
    for (let attempt = 0; attempt < 3; attempt += 1) guard.failed("a", "x", attempt);
    expect(guard.allowed("a", "x", 10)).toBe(false);
    expect(guard.allowed("b", "x", 10)).toBe(true);
    expect(guard.allowed("a", "y", 10)).toBe(true);
    expect(guard.allowed("a", "x", 202)).toBe(true);
  });

  test("locks an address that tries many names", () => {
    const guard = createBindGuard(limits);
    for (const name of ["1", "2", "3", "4", "5"]) guard.failed("a", name, 0);
    expect(guard.allowed("a", "6", 1)).toBe(false);
  });

  test("forgets failures that lie apart, and on success", () => {
    const guard = createBindGuard(limits);
    for (const now of [0, 100, 200, 300]) guard.failed("a", "x", now);
    expect(guard.allowed("a", "x", 301)).toBe(true);
    guard.failed("a", "x", 302);
    guard.succeeded("a", "x");
    guard.failed("a", "x", 303);
    expect(guard.allowed("a", "x", 304)).toBe(true);
  });
});
