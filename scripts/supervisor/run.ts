import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { tryLock } from "../servers/install-lock.ts";
import { UsageError } from "../usage-error.ts";
import { controlSocket, serveControl } from "./control.ts";
import { isAlive, type Identity } from "./identity.ts";
import { Supervisor, type SupervisorOptions } from "./supervisor.ts";

/** The name of the lock that the one supervisor of a data folder holds. */
export function supervisorLock(dataDirectory: string): string {
  return `supervisor ${dataDirectory}`;
}

export interface RunOptions extends SupervisorOptions {
  /** Ends with this process, however that ends; for environments of tests. */
  readonly caller?: Identity;
  /** Called once the supervisor can be asked for its status. */
  readonly started?: (supervisor: Supervisor) => void;
  /** Called when all is healthy. */
  readonly running?: (supervisor: Supervisor) => void;
  /** Called when it begins to stop on a signal or a request. */
  readonly stopping?: () => void;
}

/** Supervises until a signal, a request by the control socket or the caller's end; everything is stopped then. */
export async function runSupervisor(options: RunOptions): Promise<void> {
  const lock = await tryLock(supervisorLock(options.dataDirectory));
  if (!lock) throw new UsageError(`another ./catalyst runs on ${options.dataDirectory} already`, 1);
  process.umask(0o077); // logs and data of a messaging system are nobody else's business
  const supervisor = new Supervisor(options);
  const asked = Promise.withResolvers<void>();
  const ask = (): void => asked.resolve();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, ask);
  const control = await serveControl(options.dataDirectory, supervisor, ask);
  const watch = options.caller && setInterval(() => options.caller && !isAlive(options.caller) && ask(), 500);
  options.started?.(supervisor);
  try {
    const start = supervisor.start();
    await Promise.race([start, asked.promise]);
    if (supervisor.status().phase === "running") options.running?.(supervisor);
    await asked.promise;
    options.stopping?.();
    await supervisor.stop();
    await start.catch(() => undefined);
  } catch (error) {
    await sleep(500); // whoever follows this start by the control socket reads why it failed
    throw error;
  } finally {
    clearInterval(watch);
    control.close();
    control.closeAllConnections();
    rmSync(controlSocket(options.dataDirectory), { force: true });
    lock.close();
  }
}
