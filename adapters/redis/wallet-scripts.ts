import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

const script = (name: string): string =>
  ["amounts", name]
    .map((file) => readFileSync(new URL(`wallet/${file}.lua`, import.meta.url), "utf8"))
    .join("\n");

/** The wallet's scripts by name: what Redis runs, and what the tests of the arithmetic prepend. */
export const WALLET_SCRIPTS = {
  reserve: script("reserve"),
  release: script("release"),
  charge: script("charge"),
  load: script("load"),
} as const;

const KEYS: Readonly<Record<keyof typeof WALLET_SCRIPTS, number>> = {
  reserve: 4,
  release: 2,
  charge: 4,
  load: 4,
};

/** A wallet's four keys share a hash tag, so that they lie on one shard and scripts run there alone. */
export function walletKeys(
  walletId: string,
): [wallet: string, reservations: string, outcomes0: string, outcomes1: string] {
  return [`w:{${walletId}}`, `r:{${walletId}}`, `o0:{${walletId}}`, `o1:{${walletId}}`];
}

type Script = (...args: (string | number)[]) => Promise<unknown>;
const commands = new WeakMap<Redis, Record<keyof typeof WALLET_SCRIPTS, Script>>();

/** Runs a script by its digest; the text is sent only to a server that does not have it yet. */
export function runScript(
  client: Redis,
  name: keyof typeof WALLET_SCRIPTS,
  walletId: string,
  args: (string | number)[],
): Promise<unknown> {
  let defined = commands.get(client);
  if (defined === undefined) {
    for (const [command, lua] of Object.entries(WALLET_SCRIPTS)) {
      client.defineCommand(`wallet_${command}`, {
        lua,
        numberOfKeys: KEYS[command as keyof typeof WALLET_SCRIPTS],
      });
    }
    const scripted = client as unknown as Record<string, Script>;
    const bound =
      (command: string): Script =>
      (...all) =>
        scripted[`wallet_${command}`]!.apply(client, all);
    defined = {
      reserve: bound("reserve"),
      release: bound("release"),
      charge: bound("charge"),
      load: bound("load"),
    };
    commands.set(client, defined);
  }
  return defined[name](...walletKeys(walletId).slice(0, KEYS[name]), ...args);
}
