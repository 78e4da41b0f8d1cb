/**
 * command_status values (SMPP 3.4 §5.1.3; RINVDCS and later from SMPP 5.0 §4.7.6). `retryable`: the same PDU may succeed
 * later without a change.
 */
export const STATUS = {
  ESME_ROK: { code: 0x00, retryable: false },
  ESME_RINVMSGLEN: { code: 0x01, retryable: false },
  ESME_RINVCMDLEN: { code: 0x02, retryable: false },
  ESME_RINVCMDID: { code: 0x03, retryable: false },
  ESME_RINVBNDSTS: { code: 0x04, retryable: false },
  ESME_RALYBND: { code: 0x05, retryable: false },
  ESME_RINVPRTFLG: { code: 0x06, retryable: false },
  ESME_RINVREGDLVFLG: { code: 0x07, retryable: false },
  ESME_RSYSERR: { code: 0x08, retryable: true },
  ESME_RINVSRCADR: { code: 0x0a, retryable: false },
  ESME_RINVDSTADR: { code: 0x0b, retryable: false },
  ESME_RINVMSGID: { code: 0x0c, retryable: false },
  ESME_RBINDFAIL: { code: 0x0d, retryable: false },
  ESME_RINVPASWD: { code: 0x0e, retryable: false },
  ESME_RINVSYSID: { code: 0x0f, retryable: false },
  ESME_RCANCELFAIL: { code: 0x11, retryable: false },
  ESME_RREPLACEFAIL: { code: 0x13, retryable: false },
  ESME_RMSGQFUL: { code: 0x14, retryable: true },
  ESME_RINVSERTYP: { code: 0x15, retryable: false },
  ESME_RINVNUMDESTS: { code: 0x33, retryable: false },
  ESME_RINVDLNAME: { code: 0x34, retryable: false },
  ESME_RINVDESTFLAG: { code: 0x40, retryable: false },
  ESME_RINVSUBREP: { code: 0x42, retryable: false },
  ESME_RINVESMCLASS: { code: 0x43, retryable: false },
  ESME_RCNTSUBDL: { code: 0x44, retryable: false },
  ESME_RSUBMITFAIL: { code: 0x45, retryable: false },
  ESME_RINVSRCTON: { code: 0x48, retryable: false },
  ESME_RINVSRCNPI: { code: 0x49, retryable: false },
  ESME_RINVDSTTON: { code: 0x50, retryable: false },
  ESME_RINVDSTNPI: { code: 0x51, retryable: false },
  ESME_RINVSYSTYP: { code: 0x53, retryable: false },
  ESME_RINVREPFLAG: { code: 0x54, retryable: false },
  ESME_RINVNUMMSGS: { code: 0x55, retryable: false },
  ESME_RTHROTTLED: { code: 0x58, retryable: true },
  ESME_RINVSCHED: { code: 0x61, retryable: false },
  ESME_RINVEXPIRY: { code: 0x62, retryable: false },
  ESME_RINVDFTMSGID: { code: 0x63, retryable: false },
  ESME_RX_T_APPN: { code: 0x64, retryable: true },
  ESME_RX_P_APPN: { code: 0x65, retryable: false },
  ESME_RX_R_APPN: { code: 0x66, retryable: false },
  ESME_RQUERYFAIL: { code: 0x67, retryable: false },
  ESME_RINVOPTPARSTREAM: { code: 0xc0, retryable: false },
  ESME_ROPTPARNOTALLWD: { code: 0xc1, retryable: false },
  ESME_RINVPARLEN: { code: 0xc2, retryable: false },
  ESME_RMISSINGOPTPARAM: { code: 0xc3, retryable: false },
  ESME_RINVOPTPARAMVAL: { code: 0xc4, retryable: false },
  ESME_RDELIVERYFAILURE: { code: 0xfe, retryable: false },
  ESME_RUNKNOWNERR: { code: 0xff, retryable: false },
  ESME_RINVDCS: { code: 0x104, retryable: false },
} as const satisfies Record<string, { code: number; retryable: boolean }>;

export type StatusName = keyof typeof STATUS;

const BY_CODE = new Map<number, { readonly name: StatusName; readonly retryable: boolean }>();
for (const [name, { code, retryable }] of Object.entries(STATUS))
  BY_CODE.set(code, { name: name as StatusName, retryable });

/** `ESME_RINVDSTADR`; for a code outside the table `ESME_0x00000401` (0x400–0x4FF are the vendor's own). */
export function statusName(code: number): string {
  return BY_CODE.get(code)?.name ?? `ESME_0x${code.toString(16).padStart(8, "0")}`;
}

export function isRetryable(code: number): boolean {
  return BY_CODE.get(code)?.retryable ?? false;
}
