import { createHash } from "node:crypto";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Takes a lock that ends with this process however it ends: a socket in Linux' abstract namespace, which leaves no
 * file to clean up (man 7 unix). Undefined when another process holds it.
 */
export function tryLock(key: string): Promise<Server | undefined> {
  const name = `\0catalyst-${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;
  return new Promise((settle, fail) => {
    const server = createServer((connection) => connection.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") settle(undefined);
      else fail(error);
    });
    server.listen(name, () => {
      server.unref();
      settle(server);
    });
  });
}

/** Does `work` while no other process does work under the same key; `waiting` is called once if it has to wait. */
export async function whileLocked<T>(key: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  let lock = await tryLock(key);
  if (!lock) waiting();
  while (!lock) {
    await sleep(300);
    lock = await tryLock(key);
  }
  try {
    return await work();
  } finally {
    lock.close();
  }
}
