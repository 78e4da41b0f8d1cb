/** A store or server cannot be reached now: the caller retries and loses nothing. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  readonly service: string;

  constructor(service: string, options?: { cause?: unknown; message?: string }) {
    super(options?.message ?? `${service} is not available`, { cause: options?.cause });
    this.service = service;
  }
}

/** The input can never be processed: its record goes to the dead letter. */
export class Poison extends Error {
  override readonly name = "Poison";
}
