import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "@jest/globals";
import { createReportCrypto, createReportSigner, readSettlementKey } from "./settlement-signer.ts";

const SECRET = "a secret key of at least 32 characters";
const SEED = Buffer.alloc(32, 7).toString("base64");

test("what one key signs, its public key verifies, and no other", () => {
  const signer = createReportSigner(SECRET, null);
  const other = createReportSigner(SECRET, SEED);
  const { hash, signature, keyId } = signer.sign("the report");
  expect(createReportCrypto([signer.publicKey]).verify(hash, signature, keyId)).toBe(true);
  expect(createReportCrypto([other.publicKey]).verify(hash, signature, keyId)).toBeNull();
  expect(createReportCrypto([other.publicKey]).verify(hash, signature, other.publicKey.keyId)).toBe(false);
  expect(createReportCrypto([]).sha256("the report")).toBe(hash);
});

test("the same secret is the same key, another secret or a configured seed another", () => {
  const idOf = (secret: string, seed: string | null): string =>
    createReportSigner(secret, seed).publicKey.keyId;
  expect(idOf(SECRET, null)).toBe(idOf(SECRET, null));
  expect(new Set([idOf(SECRET, null), idOf(`${SECRET}!`, null), idOf(SECRET, SEED)]).size).toBe(3);
  expect(idOf(SECRET, SEED)).toBe(idOf("whatever else it is, of 32 characters", SEED));
});

test("a public key is read from its PEM, and nothing else is", () => {
  const { publicKey } = createReportSigner(SECRET, null);
  expect(readSettlementKey(publicKey.pem)).toEqual(publicKey);
  expect(readSettlementKey("no key")).toBeNull();
  const { publicKey: rsa } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  expect(readSettlementKey(rsa.export({ format: "pem", type: "spki" }).toString())).toBeNull();
});
