import { createHmac, timingSafeEqual } from "node:crypto";
import { CASE_LEVELS, type CaseLevel, type CaseLink, type CaseLinks } from "#domain/fraud/ports.ts";

const CASE_ID = /^FC-\d{4}-\d{6,}$/;
const EXPIRY = /^\d{1,15}$/;
/** A tenant's id may hold dots, so they separate nothing here. */
const SEPARATOR = "~";

/** @param baseUrl of the gateway as people reach it. Tokens hold under `secretKey` until that changes. */
export function createCaseLinks(secretKey: string, baseUrl: string): CaseLinks {
  const signature = (text: string): Buffer =>
    createHmac("sha256", secretKey).update(`fraud-case\0${text}`).digest();
  return {
    urlOf({ caseId, workflowId, level }, expiresAt) {
      const text = [caseId, workflowId, level, String(expiresAt)].join(SEPARATOR);
      const token = `${Buffer.from(text).toString("base64url")}.${signature(text).toString("base64url")}`;
      return `${baseUrl}/cases/${token}`;
    },
    read(token, now) {
      const [encoded = "", given = "", ...rest] = token.split(".");
      const text = Buffer.from(encoded, "base64url").toString("utf8");
      const expected = signature(text);
      const bytes = Buffer.from(given, "base64url");
      const isOurs =
        rest.length === 0 && bytes.length === expected.length && timingSafeEqual(bytes, expected);
      return isOurs ? linkOf(text, now) : null;
    },
  };
}

function linkOf(text: string, now: number): CaseLink | null {
  const [caseId = "", workflowId = "", level = "", expiry = ""] = text.split(SEPARATOR);
  if (!CASE_ID.test(caseId) || !EXPIRY.test(expiry) || Number(expiry) <= now) return null;
  return (CASE_LEVELS as readonly string[]).includes(level)
    ? { caseId, workflowId, level: level as CaseLevel }
    : null;
}
