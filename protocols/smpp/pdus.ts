import { STATUS } from "./status.ts";

/**
 * Mandatory parameters of every PDU, in wire order: this one table writes and reads them. `size` is the
 * greatest number of octets on the wire, the terminating NUL included. `status` answers a PDU whose field does not fit it.
 */
export interface Field {
  readonly name: string;
  /** uint8, C-octet string (ASCII ended by NUL), or octets preceded by their count in one octet (sm_length). */
  readonly type: "uint8" | "cstring" | "octets";
  readonly size: number;
  readonly status: number;
}

const LENGTH = STATUS.ESME_RINVCMDLEN.code;

const uint8 = <Name extends string>(name: Name) =>
  ({ name, type: "uint8", size: 1, status: LENGTH }) as const;
const cstring = <Name extends string>(name: Name, size: number, status: number) =>
  ({ name, type: "cstring", size, status }) as const;

/** SMPP 3.4 allows 9 octets; passwords of 8 characters can be guessed, and most ESMEs send longer ones as they are. */
const PASSWORD_SIZE = 65;

const SYSTEM_ID = cstring("system_id", 16, STATUS.ESME_RINVSYSID.code);
const MESSAGE_ID = cstring("message_id", 65, STATUS.ESME_RINVMSGID.code);
const SERVICE_TYPE = cstring("service_type", 6, STATUS.ESME_RINVSERTYP.code);
const SOURCE = [
  uint8("source_addr_ton"),
  uint8("source_addr_npi"),
  cstring("source_addr", 21, STATUS.ESME_RINVSRCADR.code),
] as const;
const DESTINATION = [
  uint8("dest_addr_ton"),
  uint8("dest_addr_npi"),
  cstring("destination_addr", 21, STATUS.ESME_RINVDSTADR.code),
] as const;
const SCHEDULE = cstring("schedule_delivery_time", 17, STATUS.ESME_RINVSCHED.code);
const VALIDITY = cstring("validity_period", 17, STATUS.ESME_RINVEXPIRY.code);
/** 254 octets at most; longer texts travel in message_payload. */
const SHORT_MESSAGE = {
  name: "short_message",
  type: "octets",
  size: 255,
  status: STATUS.ESME_RINVMSGLEN.code,
} as const;

/** §4.1.1, §4.1.3, §4.1.5 */
const BIND = [
  SYSTEM_ID,
  cstring("password", PASSWORD_SIZE, STATUS.ESME_RINVPASWD.code),
  cstring("system_type", 13, STATUS.ESME_RINVSYSTYP.code),
  uint8("interface_version"),
  uint8("addr_ton"),
  uint8("addr_npi"),
  cstring("address_range", 41, LENGTH),
] as const;

/** §4.4.1 and §4.6.1: submit_sm and deliver_sm have the same parameters. */
const SHORT_MESSAGE_TRANSFER = [
  SERVICE_TYPE,
  ...SOURCE,
  ...DESTINATION,
  uint8("esm_class"),
  uint8("protocol_id"),
  uint8("priority_flag"),
  SCHEDULE,
  VALIDITY,
  uint8("registered_delivery"),
  uint8("replace_if_present_flag"),
  uint8("data_coding"),
  uint8("sm_default_msg_id"),
  SHORT_MESSAGE,
] as const;

/** §5.1.2.1 gives the ids; a response's id is its request's with bit 31 set. */
export const PDUS = {
  generic_nack: { id: 0x80000000, fields: [] },
  bind_receiver: { id: 0x00000001, fields: BIND },
  bind_receiver_resp: { id: 0x80000001, fields: [SYSTEM_ID] },
  bind_transmitter: { id: 0x00000002, fields: BIND },
  bind_transmitter_resp: { id: 0x80000002, fields: [SYSTEM_ID] },
  /** §4.8.1 */
  query_sm: { id: 0x00000003, fields: [MESSAGE_ID, ...SOURCE] },
  query_sm_resp: {
    id: 0x80000003,
    fields: [MESSAGE_ID, cstring("final_date", 17, LENGTH), uint8("message_state"), uint8("error_code")],
  },
  submit_sm: { id: 0x00000004, fields: SHORT_MESSAGE_TRANSFER },
  submit_sm_resp: { id: 0x80000004, fields: [MESSAGE_ID] },
  deliver_sm: { id: 0x00000005, fields: SHORT_MESSAGE_TRANSFER },
  deliver_sm_resp: { id: 0x80000005, fields: [MESSAGE_ID] },
  unbind: { id: 0x00000006, fields: [] },
  unbind_resp: { id: 0x80000006, fields: [] },
  /** §4.10.1 */
  replace_sm: {
    id: 0x00000007,
    fields: [
      MESSAGE_ID,
      ...SOURCE,
      SCHEDULE,
      VALIDITY,
      uint8("registered_delivery"),
      uint8("sm_default_msg_id"),
      SHORT_MESSAGE,
    ],
  },
  replace_sm_resp: { id: 0x80000007, fields: [] },
  /** §4.9.1 */
  cancel_sm: { id: 0x00000008, fields: [SERVICE_TYPE, MESSAGE_ID, ...SOURCE, ...DESTINATION] },
  cancel_sm_resp: { id: 0x80000008, fields: [] },
  bind_transceiver: { id: 0x00000009, fields: BIND },
  bind_transceiver_resp: { id: 0x80000009, fields: [SYSTEM_ID] },
  enquire_link: { id: 0x00000015, fields: [] },
  enquire_link_resp: { id: 0x80000015, fields: [] },
  /** §4.7.1 */
  data_sm: {
    id: 0x00000103,
    fields: [
      SERVICE_TYPE,
      ...SOURCE,
      ...DESTINATION,
      uint8("esm_class"),
      uint8("registered_delivery"),
      uint8("data_coding"),
    ],
  },
  data_sm_resp: { id: 0x80000103, fields: [MESSAGE_ID] },
} as const satisfies Record<string, { id: number; fields: readonly Field[] }>;

export type Command = keyof typeof PDUS;
export type ResponseCommand = Extract<Command, `${string}_resp`> | "generic_nack";
export type RequestCommand = Exclude<Command, ResponseCommand>;

type ValueOf<Type> = Type extends "uint8" ? number : Type extends "cstring" ? string : Uint8Array;

export type Body<Name extends Command> = {
  readonly [Each in (typeof PDUS)[Name]["fields"][number] as Each["name"]]: ValueOf<Each["type"]>;
};

/** Optional parameters (§5.3.2) that are read by name; others are kept as octets by their tag. */
export const TLVS = {
  qos_time_to_live: { tag: 0x0017, type: "uint32" },
  additional_status_info_text: { tag: 0x001d, type: "cstring" },
  receipted_message_id: { tag: 0x001e, type: "cstring" },
  user_message_reference: { tag: 0x0204, type: "uint16" },
  source_port: { tag: 0x020a, type: "uint16" },
  destination_port: { tag: 0x020b, type: "uint16" },
  sar_msg_ref_num: { tag: 0x020c, type: "uint16" },
  sar_total_segments: { tag: 0x020e, type: "uint8" },
  sar_segment_seqnum: { tag: 0x020f, type: "uint8" },
  sc_interface_version: { tag: 0x0210, type: "uint8" },
  network_error_code: { tag: 0x0423, type: "octets" },
  message_payload: { tag: 0x0424, type: "octets" },
  more_messages_to_send: { tag: 0x0426, type: "uint8" },
  message_state: { tag: 0x0427, type: "uint8" },
} as const satisfies Record<
  string,
  { tag: number; type: "uint8" | "uint16" | "uint32" | "cstring" | "octets" }
>;

export type TlvName = keyof typeof TLVS;
type TlvValueOf<Type> = Type extends "uint8" | "uint16" | "uint32"
  ? number
  : Type extends "cstring"
    ? string
    : Uint8Array;

export type Tlvs = { readonly [Name in TlvName]?: TlvValueOf<(typeof TLVS)[Name]["type"]> } & {
  /** Parameters outside the table, in order. */
  readonly others?: readonly { readonly tag: number; readonly value: Uint8Array }[];
};

/** One PDU as read. */
export type Pdu<Name extends Command = Command> = Name extends Command
  ? {
      readonly command: Name;
      readonly status: number;
      /** 1 to 0x7FFFFFFF. */
      readonly sequence: number;
      readonly body: Body<Name>;
      readonly tlvs: Tlvs;
    }
  : never;

/** Octets that are framed as a PDU but are none: answered by `status`, on the response of the command if it is known. */
export interface InvalidPdu {
  readonly command: "invalid";
  readonly status: number;
  readonly sequence: number;
  readonly commandId: number;
}

export function isResponseId(commandId: number): boolean {
  return commandId >= 0x80000000;
}
