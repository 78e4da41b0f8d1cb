import { readFileSync } from "node:fs";

/** What the raw processes move: records, PDUs and rows of the product's own run, each with one message's values. */
export interface CeilingPlan {
  readonly walletId: string;
  /** Wallet amounts as the wallet's scripts take them: units of 10^-18. */
  readonly hold: string;
  readonly creditLimit: string;
  readonly balance: string;
  readonly volumePeriod: string;
  readonly gatewayPort: number;
  readonly simulatorPort: number;
  readonly records: Readonly<Record<CeilingRecord, SampleRecord>>;
  readonly tables: Readonly<Record<CeilingTable, SampleRow>>;
}

export const CEILING_RECORDS = ["submitted", "cleared", "verdict", "sent", "delivered", "billing"] as const;
export type CeilingRecord = (typeof CEILING_RECORDS)[number];

export const CEILING_TABLES = ["ledger_entries", "messages", "carrier_messages", "usage_counted"] as const;
export type CeilingTable = (typeof CEILING_TABLES)[number];

/** A record as the product published it. */
export interface SampleRecord {
  readonly key: string;
  readonly value: string;
  /** The message id within `value`. */
  readonly messageId: string;
}

/** A row as the product stored it, each value in PostgreSQL's own text. */
export interface SampleRow {
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly value: string | null;
  }[];
  readonly messageId: string;
}

/** The topic that carries each kind of record; each has the partitions of the product's. */
export const CEILING_TOPICS = {
  submitted: "ceiling.sms.submitted",
  cleared: "ceiling.sms.cleared",
  verdict: "ceiling.firewall.events",
  status: "ceiling.sms.status",
  billing: "ceiling.billing.events",
} as const;

/** The schema with the tables that are like the product's. */
export const CEILING_SCHEMA = "ceiling";
export const PLAN_VARIABLE = "CEILING_PLAN";

export function readPlan(): CeilingPlan {
  const file = process.env[PLAN_VARIABLE];
  if (file === undefined)
    throw new Error(`${PLAN_VARIABLE} names no file: ./catalyst bench pipeline starts this process`);
  return JSON.parse(readFileSync(file, "utf8")) as CeilingPlan;
}
