import { dirname } from "node:path";
import { attachEnvironment, type Environment } from "./environment.ts";

/** Names the environment.json of the environment that all integration tests of a run share. */
export const testEnvironmentVariable = "CATALYST_TEST_ENVIRONMENT";

/** Set to 1 by `./catalyst test --all`: long matrices run too. */
export const testAllVariable = "CATALYST_TEST_ALL";

/** The shared environment of this test run. Call it once a file, in beforeAll. */
export function attachTestEnvironment(): Promise<Environment> {
  const file = process.env[testEnvironmentVariable];
  if (!file) {
    throw new Error(
      `${testEnvironmentVariable} is not set: run ./catalyst test PATTERN, or name the environment.json of a running one`,
    );
  }
  return attachEnvironment(dirname(file));
}
