import { Unavailable } from "#domain/errors.ts";
import { UsageError } from "../usage-error.ts";

/** Runs a command's work and says in one line which server does not answer. */
export async function sayingWhatIsAway<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new UsageError(`${error.service} does not answer: see ./catalyst status`, 1);
  }
}
