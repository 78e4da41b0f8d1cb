import { createHmac, timingSafeEqual } from "node:crypto";
import type { StepLink, StepLinks } from "#domain/flows/step-links.ts";

/** Workflow ids hold none. */
const SEPARATOR = "~";
const EXPIRY = /^\d{1,15}$/;

/** @param baseUrl of the gateway as n8n reaches it. Tokens hold under `secretKey` until that changes. */
export function createStepLinks(secretKey: string, baseUrl: string): StepLinks {
  const signature = (text: string): Buffer =>
    createHmac("sha256", secretKey).update(`n8n-step\0${text}`).digest();
  return {
    urlOf({ workflowId, runId }, expiresAt) {
      const text = [workflowId, runId, String(expiresAt)].join(SEPARATOR);
      const token = `${Buffer.from(text).toString("base64url")}.${signature(text).toString("base64url")}`;
      return `${baseUrl}/api/v2/n8n-steps/${token}`;
    },
    read(token, now) {
      const [encoded = "", given = "", ...rest] = token.split(".");
      const text = Buffer.from(encoded, "base64url").toString("utf8");
      const [expected, bytes] = [signature(text), Buffer.from(given, "base64url")];
      const isOurs =
        rest.length === 0 && bytes.length === expected.length && timingSafeEqual(bytes, expected);
      return isOurs ? linkOf(text, now) : null;
    },
  };
}

function linkOf(text: string, now: number): StepLink | null {
  const [workflowId = "", runId = "", expiry = ""] = text.split(SEPARATOR);
  return EXPIRY.test(expiry) && Number(expiry) > now ? { workflowId, runId } : null;
}
