/** The run of a step that waits for an answer from elsewhere. */
export interface StepLink {
  readonly workflowId: string;
  readonly runId: string;
}

/** Addresses at which a step's answer is taken: whoever holds one may answer that step, until it expires, and nothing else. */
export interface StepLinks {
  /** @param expiresAt epoch ms. */
  urlOf(step: StepLink, expiresAt: number): string;
  /** Null where the token is not one of ours, or has expired. */
  read(token: string, now: number): StepLink | null;
}
