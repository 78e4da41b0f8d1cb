/**
 * Thrown when a command cannot go on for a reason that its user can mend. Its message is shown as it is,
 * without a stack; the command ends with `exitCode`.
 */
export class UsageError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.name = "UsageError";
    this.exitCode = exitCode;
  }
}
