import { readFileSync } from "node:fs";
import { UsageError } from "../usage-error.ts";
import { findOnPath } from "./run-command.ts";

/** The user that PostgreSQL runs as when we are root: it refuses root. */
export interface UnprivilegedUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

// Bits of the capability sets of Linux (capabilities(7)).
const dacOverride = 1n << 1n;
const dacReadSearch = 1n << 2n;
const setpcap = 1n << 8n;

/** Undefined when we are not root ourselves. */
export function unprivilegedUser(): UnprivilegedUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const [name, , uid, gid] = users.find((fields) => fields[0] === wanted) ?? [];
    if (name !== undefined && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return { name: "65534", uid: 65_534, gid: 65_534 };
}

/**
 * The words to put before a command so that it runs as `user`, yet may pass through folders of ours that only root can
 * enter (a work tree or a cache below a 0700 home). setpriv is in util-linux, which Debian always has.
 */
export function asUser(user: UnprivilegedUser | undefined): readonly string[] {
  if (!user) return [];
  const setpriv = findOnPath("setpriv");
  if (setpriv === undefined) {
    throw new UsageError(
      "PostgreSQL does not run as root, and setpriv, which would start it as another user, was not found.\n" +
        "Install util-linux, or run ./catalyst as a plain user.",
      1,
    );
  }
  const allowed = boundingSet();
  let capabilities = "-all";
  // access(2) asks for the real user without capabilities, by which PostgreSQL looks for its own programs, unless this
  // bit is set (capabilities(7), SECBIT_NO_SETUID_FIXUP).
  const securebits = allowed & setpcap ? ["--securebits=+no_setuid_fixup"] : [];
  if (allowed & dacReadSearch) capabilities += ",+dac_read_search";
  else if (allowed & dacOverride) capabilities += ",+dac_override"; // all that a container is usually given
  return [
    setpriv,
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    "--clear-groups",
    ...securebits,
    `--inh-caps=${capabilities}`,
    `--ambient-caps=${capabilities}`,
  ];
}

function boundingSet(): bigint {
  const line = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return BigInt(`0x${line?.[1] ?? "0"}`);
}
