import type { Logger } from "./logger.ts";

/** Something that must be ended in order at shutdown. `close` is idempotent. */
export interface Closable {
  readonly name: string;
  close(): Promise<void>;
}

/** How long a process may drain before it leaves anyway: every effect is idempotent, so an abrupt end loses nothing. */
const DRAIN_MS_MAX = 20_000;

/**
 * A process's life: started parts are registered as they come up and closed in reverse order on
 * SIGTERM or SIGINT (readiness off, stop accepting, finish, commit, close).
 */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #parts: Closable[] = [];
  #ready = false;
  #stopping: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => void this.stop(signal).then(() => process.exit(0)));
    }
    process.on("unhandledRejection", (error) => this.#fail("unhandled rejection", error));
    process.on("uncaughtException", (error) => this.#fail("uncaught exception", error));
  }

  get ready(): boolean {
    return this.#ready;
  }

  register(part: Closable): void {
    this.#parts.push(part);
  }

  markReady(): void {
    this.#ready = true;
    this.#logger.info("ready");
  }

  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#drain(reason);
    return this.#stopping;
  }

  async #drain(reason: string): Promise<void> {
    this.#ready = false;
    this.#logger.info({ reason }, "stopping");
    const deadline = setTimeout(() => {
      this.#logger.error("drain took too long, leaving");
      process.exit(1);
    }, DRAIN_MS_MAX);
    for (const part of this.#parts.toReversed()) {
      try {
        await part.close();
      } catch (error) {
        this.#logger.error({ err: error, part: part.name }, "could not close");
      }
    }
    clearTimeout(deadline);
    this.#logger.info("stopped");
  }

  /** A bug: the process ends at once and is started anew, since its state cannot be trusted. */
  #fail(what: string, error: unknown): void {
    this.#logger.fatal({ err: error }, what);
    process.exit(1);
  }
}
