import smpp from "smpp";
import type { EventEmitter } from "node:events";

/** The part of npm smpp 0.5.1, which ships no types, that the tests use as an independent peer and oracle. */
export interface NpmPdu {
  command: string;
  command_status: number;
  sequence_number: number;
  [field: string]: unknown;
  toBuffer(): Buffer;
  response(options?: object): NpmPdu;
}

export interface NpmSession extends EventEmitter {
  bind_transceiver(options: object, onResponse: (pdu: NpmPdu) => void): boolean;
  submit_sm(options: object, onResponse: (pdu: NpmPdu) => void): boolean;
  enquire_link(onResponse: (pdu: NpmPdu) => void): boolean;
  unbind(onResponse: (pdu: NpmPdu) => void): boolean;
  send(pdu: NpmPdu): boolean;
  close(): void;
  destroy(): void;
}

interface NpmServer extends EventEmitter {
  listen(port: number, host: string, listening: () => void): void;
  address(): { port: number };
  close(done: () => void): void;
}

interface NpmSmpp {
  PDU: new (command: string | Buffer, options?: object) => NpmPdu;
  connect(options: { host: string; port: number }): NpmSession;
  createServer(onSession: (session: NpmSession) => void): NpmServer;
}

export const npmSmpp = smpp as NpmSmpp;
