import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** N = 2¹⁴, r = 8: 16 MiB and some 40 ms a guess. A higher cost would let a burst of binds starve the process's thread pool. */
const COST = 16_384;
const BLOCK_SIZE = 8;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Parameters that would ask for more memory than this are refused. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;

function derive(password: string, salt: Buffer, cost: number, blockSize: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: cost, r: blockSize, p: 1, maxmem: MEMORY_BYTES_MAX };
    scrypt(password, salt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** @returns "scrypt$N$r$salt$key", the last two in base64url. */
export async function hashSmppPassword(
  password: string,
  random: (size: number) => Uint8Array = randomBytes,
): Promise<string> {
  const salt = Buffer.from(random(SALT_BYTES));
  const key = await derive(password, salt, COST, BLOCK_SIZE);
  return `scrypt$${COST}$${BLOCK_SIZE}$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

const STORED = /^scrypt\$(\d{1,8})\$(\d{1,3})\$([\w-]+)\$([\w-]+)$/;

/** False too for text that is no such hash. */
export async function verifySmppPassword(password: string, stored: string): Promise<boolean> {
  const [, cost, blockSize, salt, key] = STORED.exec(stored) ?? [];
  if (cost === undefined || blockSize === undefined || salt === undefined || key === undefined) return false;
  const expected = Buffer.from(key, "base64url");
  const derived = await derive(password, Buffer.from(salt, "base64url"), Number(cost), Number(blockSize));
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}
