/** What can be wrong with a chain, or with the books that it covers. */
export type AuditFindingKind =
  | "row_altered"
  | "row_missing"
  | "row_inserted"
  | "block_altered"
  | "block_missing"
  | "chain_truncated"
  | "head_forged"
  | "rows_skipped"
  | "not_chained"
  | "unknown_wallet"
  | "anchor_differs";

export interface AuditFinding {
  readonly kind: AuditFindingKind;
  readonly tenantId: string;
  /** Of the block, null where none is concerned. */
  readonly position: bigint | null;
  /** The wallet (or "transactions") and the rows concerned. */
  readonly source: string | null;
  readonly first: bigint | null;
  readonly last: bigint | null;
  readonly detail: string;
}

/** The end of one tenant's chain: what is written down elsewhere to prove later that the chain still contains it. */
export interface AuditHead {
  readonly tenantId: string;
  readonly position: bigint;
  readonly hash: string;
}

export interface AuditedTenant {
  readonly tenantId: string;
  readonly blocks: number;
  readonly rows: number;
  /** Too new to be chained yet. */
  readonly waiting: number;
  readonly head: AuditHead | null;
}

export interface AuditRequest {
  /** One tenant, or null for all. */
  readonly tenantId: string | null;
  readonly sealKey: string;
  /** Epoch ms. */
  readonly now: number;
  /** Heads written down earlier, by tenant; each must still stand in its chain. */
  readonly anchors: ReadonlyMap<string, AuditHead>;
  readonly onFinding: (finding: AuditFinding) => void;
  /** Called after every page of blocks with what was verified so far. */
  readonly onProgress: (rows: number) => void;
}
