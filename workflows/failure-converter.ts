import { DefaultFailureConverter } from "@temporalio/common";

/** Puts message and stack trace of a failure where the payload codec encrypts them: either may quote what the flow was given. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
