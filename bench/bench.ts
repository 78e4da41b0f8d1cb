/** How a bench is run. */
export interface BenchOptions {
  /** Messages of the measured phase; absent: the bench's own number. */
  readonly messages?: number;
  /** Tenants that are invoiced; absent: the bench's own number. Only workflows knows it. */
  readonly tenants?: number;
  /** "half": after the measured phase, three minutes at half of what it reached. Only benches of charging know it. */
  readonly rate?: "half";
  /** False: nothing is installed into the system. */
  readonly allowSystemPackages: boolean;
  /** Lines of progress. */
  readonly progress: (line: string) => void;
  /** Where logs and profiles are kept; absent: a temporary folder, removed at the end. */
  readonly dataDirectory?: string;
}

/** What `--json` prints, and tables for people. */
export interface BenchResult {
  readonly bench: string;
  /** How much of `unit` was reached. */
  readonly figure: number;
  readonly unit: string;
  /** The same work without logic, measured in the same run. */
  readonly ceiling: number;
  readonly ratio: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Further figures of the same run, each with its unit in its name. */
  readonly also?: Readonly<Record<string, number>>;
  readonly tables: readonly BenchTable[];
}

export interface BenchTable {
  readonly title: string;
  /** The first row is the heading. */
  readonly rows: readonly (readonly string[])[];
}

/** Every file of this folder that the table names exports one. */
export interface Bench {
  readonly name: string;
  readonly summary: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
