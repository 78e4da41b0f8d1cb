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

/** Another system said no, and will say it again: trying again changes nothing. `code` is that system's own. */
export class Rejected extends Error {
  override readonly name = "Rejected";
  readonly service: string;
  readonly code: string;

  constructor(service: string, code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.service = service;
    this.code = code;
  }
}
