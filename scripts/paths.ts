import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The work tree this command belongs to. */
export const rootDirectory = resolve(import.meta.dirname, "..");

/** Where downloads are kept between work trees: CATALYST_CACHE, else ~/.cache/catalyst. */
export const cacheDirectory = resolve(process.env["CATALYST_CACHE"] ?? join(homedir(), ".cache", "catalyst"));

/** The folder that holds one environment's data: --data, else CATALYST_DATA, else .catalyst in the work tree. */
export function dataDirectoryFrom(flag: string | undefined): string {
  return resolve(flag ?? process.env["CATALYST_DATA"] ?? join(rootDirectory, ".catalyst"));
}

/** The files of one data folder. */
export interface DataPaths {
  /** The data folder itself. */
  readonly root: string;
  readonly logs: string;
  /** Ports chosen at the first start and kept: JSON, see ports.ts. */
  readonly ports: string;
  /** Passwords and keys, mode 0600: JSON, see secrets.ts. */
  readonly secrets: string;
  /** Process ids and start times, for the start after a crash: JSON, see supervisor/state.ts. */
  readonly state: string;
}

export function dataPaths(root: string): DataPaths {
  return {
    root,
    logs: join(root, "logs"),
    ports: join(root, "ports.json"),
    secrets: join(root, "secrets.json"),
    state: join(root, "state.json"),
  };
}
