import { PDUS, TLVS, isResponseId } from "./pdus.ts";
import type { Body, Command, Field, InvalidPdu, Pdu, TlvName, Tlvs } from "./pdus.ts";
import { STATUS } from "./status.ts";

/** command_length, command_id, command_status, sequence_number (SMPP 3.4 §3.2). */
export const HEADER_LENGTH = 16;

type Value = number | string | Uint8Array;

interface Definition {
  readonly command: Command;
  readonly id: number;
  readonly fields: readonly Field[];
  readonly response: boolean;
  /** Every field at its default: copied for each PDU, so that all bodies of a command share one shape. */
  readonly defaults: Readonly<Record<string, Value>>;
}

const NO_OCTETS = new Uint8Array(0);
const NO_TLVS: Tlvs = {};
const EMPTY_BODY: Readonly<Record<string, Value>> = {};
const TLV_HEADER_LENGTH = 4;

const BY_ID = new Map<number, Definition>();
const BY_COMMAND = new Map<Command, Definition>();
for (const [name, { id, fields }] of Object.entries(PDUS)) {
  const defaults: Record<string, Value> = {};
  for (const field of fields as readonly Field[]) {
    defaults[field.name] = field.type === "uint8" ? 0 : field.type === "cstring" ? "" : NO_OCTETS;
  }
  const definition: Definition = {
    command: name as Command,
    id,
    fields,
    response: isResponseId(id),
    defaults,
  };
  BY_ID.set(id, definition);
  BY_COMMAND.set(definition.command, definition);
}

type TlvDefinition = { readonly name: TlvName; readonly type: (typeof TLVS)[TlvName]["type"] };
const TLV_BY_TAG = new Map<number, TlvDefinition>();
for (const [name, { tag, type }] of Object.entries(TLVS))
  TLV_BY_TAG.set(tag, { name: name as TlvName, type });

function definitionOf(command: Command): Definition {
  const definition = BY_COMMAND.get(command);
  if (definition === undefined) throw new Error(`no such PDU: ${command}`);
  return definition;
}

/** What a sender states: any subset of the fields, the rest zero or empty. */
export interface OutgoingPdu<Name extends Command = Command> {
  readonly command: Name;
  readonly status?: number;
  readonly sequence: number;
  readonly body?: Partial<Body<Name>>;
  readonly tlvs?: Tlvs;
}

/** An error response carries its header alone (§4.4.2: no body is returned if command_status is non-zero). */
const hasBody = (definition: Definition, pdu: OutgoingPdu): boolean =>
  !(definition.response && (pdu.status ?? 0) !== 0);

/** Octets that `pdu` takes on the wire. */
export function pduLength(pdu: OutgoingPdu): number {
  const definition = definitionOf(pdu.command);
  if (!hasBody(definition, pdu)) return HEADER_LENGTH;
  const body = (pdu.body ?? EMPTY_BODY) as Readonly<Record<string, Value | undefined>>;
  let length = HEADER_LENGTH;
  for (const field of definition.fields) {
    const value = body[field.name];
    length += field.type === "uint8" || value === undefined ? 1 : (value as string | Uint8Array).length + 1;
  }
  return pdu.tlvs === undefined ? length : length + tlvsLength(pdu.tlvs);
}

function tlvsLength(tlvs: Tlvs): number {
  let length = 0;
  for (const name in tlvs) {
    if (name === "others") {
      for (const { value } of tlvs.others ?? []) length += TLV_HEADER_LENGTH + value.length;
      continue;
    }
    const value = tlvs[name as TlvName];
    if (value !== undefined) length += TLV_HEADER_LENGTH + tlvValueLength(TLVS[name as TlvName].type, value);
  }
  return length;
}

function tlvValueLength(type: TlvDefinition["type"], value: Value): number {
  switch (type) {
    case "uint8":
      return 1;
    case "uint16":
      return 2;
    case "uint32":
      return 4;
    case "cstring":
      return (value as string).length + 1;
    case "octets":
      return (value as Uint8Array).length;
  }
}

/**
 * Writes `pdu` at `offset`; `length` is its pduLength. Characters are written as one octet each.
 * Throws RangeError for a value that its field cannot hold: callers check what comes from outside before.
 */
export function writePdu(buffer: Buffer, offset: number, pdu: OutgoingPdu, length: number): void {
  const definition = definitionOf(pdu.command);
  buffer.writeUInt32BE(length, offset);
  buffer.writeUInt32BE(definition.id, offset + 4);
  buffer.writeUInt32BE(pdu.status ?? 0, offset + 8);
  buffer.writeUInt32BE(pdu.sequence, offset + 12);
  if (!hasBody(definition, pdu)) return;
  const body = (pdu.body ?? EMPTY_BODY) as Readonly<Record<string, Value | undefined>>;
  let position = offset + HEADER_LENGTH;
  for (const field of definition.fields) position = writeField(buffer, position, field, body[field.name]);
  if (pdu.tlvs !== undefined) writeTlvs(buffer, position, pdu.tlvs);
}

function writeField(buffer: Buffer, position: number, field: Field, value: Value | undefined): number {
  if (value === undefined || value === "") {
    buffer[position] = 0;
    return position + 1;
  }
  switch (field.type) {
    case "uint8":
      buffer[position] = value as number;
      return position + 1;
    case "cstring": {
      const text = value as string;
      if (text.length >= field.size)
        throw new RangeError(`${field.name} is longer than ${field.size - 1} characters`);
      return writeText(buffer, position, text);
    }
    case "octets": {
      const octets = value as Uint8Array;
      if (octets.length >= field.size)
        throw new RangeError(`${field.name} is longer than ${field.size - 1} octets`);
      buffer[position] = octets.length;
      buffer.set(octets, position + 1);
      return position + 1 + octets.length;
    }
  }
}

/** Addresses and ids are a dozen characters: a loop is several times faster than a call into native code. */
function writeText(buffer: Buffer, start: number, text: string): number {
  let position = start;
  for (let index = 0; index < text.length; index += 1) buffer[position++] = text.charCodeAt(index);
  buffer[position] = 0;
  return position + 1;
}

function writeTlvs(buffer: Buffer, start: number, tlvs: Tlvs): void {
  let position = start;
  for (const key in tlvs) {
    if (key === "others") {
      for (const { tag, value } of tlvs.others ?? []) {
        position = writeTlvHeader(buffer, position, tag, value.length);
        buffer.set(value, position);
        position += value.length;
      }
      continue;
    }
    const name = key as TlvName;
    const value = tlvs[name];
    if (value === undefined) continue;
    const { tag, type } = TLVS[name];
    const length = tlvValueLength(type, value);
    position = writeTlvHeader(buffer, position, tag, length);
    if (type === "cstring") writeText(buffer, position, value as string);
    else if (type === "octets") buffer.set(value as Uint8Array, position);
    else buffer.writeUIntBE(value as number, position, length);
    position += length;
  }
}

function writeTlvHeader(buffer: Buffer, position: number, tag: number, length: number): number {
  buffer.writeUInt16BE(tag, position);
  buffer.writeUInt16BE(length, position + 2);
  return position + TLV_HEADER_LENGTH;
}

export function encodePdu(pdu: OutgoingPdu): Buffer {
  const length = pduLength(pdu);
  const buffer = Buffer.allocUnsafe(length);
  writePdu(buffer, 0, pdu, length);
  return buffer;
}

/**
 * Reads the PDU that lies at `start`…`end` (its command_length is end − start ≥ 16). Octet fields are views of `buffer`.
 * A response may end early: many SMSCs leave the body of an error, or of deliver_sm_resp, out.
 */
export function decodePdu(buffer: Buffer, start: number, end: number): Pdu | InvalidPdu {
  const commandId = buffer.readUInt32BE(start + 4);
  const status = buffer.readUInt32BE(start + 8);
  const sequence = buffer.readUInt32BE(start + 12);
  const definition = BY_ID.get(commandId);
  if (definition === undefined)
    return { command: "invalid", status: STATUS.ESME_RINVCMDID.code, sequence, commandId };
  const body: Record<string, Value> = { ...definition.defaults };
  let position = start + HEADER_LENGTH;
  for (const field of definition.fields) {
    if (position >= end) {
      if (definition.response) break;
      return { command: "invalid", status: STATUS.ESME_RINVCMDLEN.code, sequence, commandId };
    }
    const next = readField(buffer, position, end, field, body);
    if (next < 0) return { command: "invalid", status: field.status, sequence, commandId };
    position = next;
  }
  let tlvs = NO_TLVS;
  if (position < end) {
    const read = readTlvs(buffer, position, end);
    if (typeof read === "number") return { command: "invalid", status: read, sequence, commandId };
    tlvs = read;
  }
  return { command: definition.command, status, sequence, body, tlvs } as unknown as Pdu;
}

/** @returns the position after the field, −1 when it does not fit. */
function readField(
  buffer: Buffer,
  position: number,
  end: number,
  field: Field,
  body: Record<string, Value>,
): number {
  if (field.type === "uint8") {
    body[field.name] = buffer[position] ?? 0;
    return position + 1;
  }
  if (field.type === "octets") {
    const length = buffer[position] ?? 0;
    const from = position + 1;
    if (length >= field.size || from + length > end) return -1;
    if (length > 0) body[field.name] = buffer.subarray(from, from + length);
    return from + length;
  }
  const limit = Math.min(end, position + field.size);
  let nul = position;
  while (nul < limit && buffer[nul] !== 0) nul += 1;
  if (nul === limit) return -1;
  if (nul > position) body[field.name] = buffer.toString("latin1", position, nul);
  return nul + 1;
}

/** @returns the error's command_status when the stream is not made of whole parameters. */
function readTlvs(buffer: Buffer, start: number, end: number): Tlvs | number {
  const tlvs: Record<string, Value> = {};
  let others: { tag: number; value: Uint8Array }[] | undefined;
  let position = start;
  while (position < end) {
    if (position + TLV_HEADER_LENGTH > end) return STATUS.ESME_RINVOPTPARSTREAM.code;
    const tag = buffer.readUInt16BE(position);
    const length = buffer.readUInt16BE(position + 2);
    const from = position + TLV_HEADER_LENGTH;
    position = from + length;
    if (position > end) return STATUS.ESME_RINVOPTPARSTREAM.code;
    const known = TLV_BY_TAG.get(tag);
    if (known === undefined) {
      others ??= [];
      others.push({ tag, value: buffer.subarray(from, position) });
      continue;
    }
    const value = readTlvValue(buffer, from, length, known.type);
    if (value === null) return STATUS.ESME_RINVPARLEN.code;
    tlvs[known.name] = value;
  }
  return others === undefined ? tlvs : { ...tlvs, others };
}

function readTlvValue(
  buffer: Buffer,
  from: number,
  length: number,
  type: TlvDefinition["type"],
): Value | null {
  switch (type) {
    case "uint8":
      return length === 1 ? buffer.readUInt8(from) : null;
    case "uint16":
      return length === 2 ? buffer.readUInt16BE(from) : null;
    case "uint32":
      return length === 4 ? buffer.readUInt32BE(from) : null;
    case "cstring": {
      // Some SMSCs leave the NUL out.
      const text = buffer.toString("latin1", from, from + length);
      const nul = text.indexOf("\0");
      return nul === -1 ? text : text.slice(0, nul);
    }
    case "octets":
      return buffer.subarray(from, from + length);
  }
}
