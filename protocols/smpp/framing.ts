import { HEADER_LENGTH } from "./codec.ts";

/** message_payload may hold 64 KiB; nothing else comes near it. HTTP's "GET " reads as a length of 1.2 GB. */
export const MAX_PDU_LENGTH = 65_536;

export interface Framer {
  /**
   * Takes octets as the socket gives them and calls `onPdu` for each whole PDU (a view that stays valid).
   * @returns false when a command_length is impossible: the stream cannot be followed any further.
   */
  push(chunk: Buffer): boolean;
  /** Octets of a PDU that is not complete yet. */
  pending(): number;
}

export function createFramer(
  onPdu: (buffer: Buffer, start: number, end: number) => void,
  maxLength: number = MAX_PDU_LENGTH,
): Framer {
  let rest: Buffer | null = null;
  let pieces: Buffer[] = [];
  /** Octets held, and octets needed before the next look: a PDU that comes in small pieces is joined once. */
  let held = 0;
  let needed = 0;

  function consume(buffer: Buffer): boolean {
    let start = 0;
    while (buffer.length - start >= 4) {
      const length = buffer.readUInt32BE(start);
      if (length < HEADER_LENGTH || length > maxLength) return false;
      if (buffer.length - start < length) break;
      onPdu(buffer, start, start + length);
      start += length;
    }
    held = buffer.length - start;
    rest = held > 0 ? buffer.subarray(start) : null;
    needed = held >= 4 ? buffer.readUInt32BE(start) : 4;
    return true;
  }

  return {
    push(chunk) {
      if (rest === null) return consume(chunk);
      pieces.push(chunk);
      held += chunk.length;
      if (held < needed) return true;
      const joined = Buffer.concat([rest, ...pieces], held);
      pieces = [];
      rest = null;
      return consume(joined);
    },
    pending: () => held,
  };
}
