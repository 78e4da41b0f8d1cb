import { randomBytes } from "node:crypto";
import { readJson, writeJson } from "./json-file.ts";
import { UsageError } from "./usage-error.ts";

/** What only this environment's processes may know. */
export interface Secrets {
  /** Bearer token of the first owner (REST administration). */
  readonly adminToken: string;
  /** Key of the pseudonyms (HMAC), at least 32 characters. */
  readonly secretKey: string;
  /** Password of the database role `catalyst`. */
  readonly postgresPassword: string;
  /** Password of the database superuser `postgres`. */
  readonly postgresSuperuserPassword: string;
  readonly redisPassword: string;
  /** KRaft cluster id, which Kafka's folders are formatted with. */
  readonly kafkaClusterId: string;
  /** Password of n8n's owner, as n8n wants it: 8 to 64 characters, a capital and a digit among them. */
  readonly n8nPassword: string;
  /** Password of the database role `n8n`. */
  readonly n8nDatabasePassword: string;
  /** Password of the database role `n8n_flows`, by which workflows reach the database of their own. */
  readonly n8nFlowsPassword: string;
  /** What n8n encrypts its stored credentials with. */
  readonly n8nEncryptionKey: string;
}

const minimumKeyLength = 32; // a shorter HMAC key could be guessed, and pseudonyms of phone numbers with it

/** Makes the secrets once per data folder; ADMIN_TOKEN and CATALYST_SECRET_KEY of the environment come first. */
export function loadSecrets(file: string, environment: NodeJS.ProcessEnv): Secrets {
  const stored = readJson(file) as Partial<Secrets> | undefined;
  const fresh: Secrets = {
    adminToken: token(24),
    secretKey: token(32),
    postgresPassword: token(18),
    postgresSuperuserPassword: token(18),
    redisPassword: token(18),
    kafkaClusterId: token(16).replace(/^-/, "A"), // a leading dash would be read as an option
    n8nPassword: `N8n-${token(12)}`,
    n8nDatabasePassword: token(18),
    n8nFlowsPassword: token(18),
    n8nEncryptionKey: token(24),
  };
  // A folder of an earlier release gets what that one did not know.
  const secrets: Secrets = { ...fresh, ...stored };
  if (Object.keys(fresh).some((name) => stored?.[name as keyof Secrets] === undefined))
    writeJson(file, secrets, 0o600);
  const adminToken = environment["ADMIN_TOKEN"] || secrets.adminToken;
  const secretKey = environment["CATALYST_SECRET_KEY"] || secrets.secretKey;
  if (secretKey.length < minimumKeyLength) {
    throw new UsageError(
      `CATALYST_SECRET_KEY has ${secretKey.length} characters, at least ${minimumKeyLength} are needed. Make one with: openssl rand -base64 32`,
    );
  }
  return { ...secrets, adminToken, secretKey };
}

function token(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
