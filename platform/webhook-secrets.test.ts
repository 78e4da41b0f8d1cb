import { expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { createWebhookSecrets } from "./webhook-secrets.ts";

const secretOf = createWebhookSecrets("k".repeat(32));

test("a secret is the same for the same wallet alone, and one that Standard Webhooks signs with", () => {
  expect(secretOf("w1")).toBe(createWebhookSecrets("k".repeat(32))("w1"));
  const all = [secretOf("w1"), secretOf("w2"), createWebhookSecrets("x".repeat(32))("w1")];
  expect(new Set(all).size).toBe(3);
  const at = new Date();
  const signature = new Webhook(secretOf("w1")).sign("id", at, "{}");
  const headers = {
    "webhook-id": "id",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": signature,
  };
  expect(new Webhook(secretOf("w1")).verify("{}", headers)).toEqual({});
});
