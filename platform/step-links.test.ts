import { expect, test } from "@jest/globals";
import { createCaseLinks } from "./case-links.ts";
import { createStepLinks } from "./step-links.ts";

const NOW = 1_795_000_000_000;
const SECRET = "k".repeat(32);
const links = createStepLinks(SECRET, "https://api.example.com");
const STEP = { workflowId: "n8n-step-T-1-credit-check.7", runId: "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f" };
const tokenOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

test("a step's address leads back to it until it expires", () => {
  const url = links.urlOf(STEP, NOW + 1);
  expect(url).toMatch(/^https:\/\/api\.example\.com\/api\/v2\/n8n-steps\/[\w-]+\.[\w-]+$/);
  expect(links.read(tokenOf(url), NOW)).toEqual(STEP);
  expect(links.read(tokenOf(url), NOW + 1)).toBeNull();
});

test("what is forged, cut, of another key or another door is nobody's", () => {
  const token = tokenOf(links.urlOf(STEP, NOW + 1));
  const [text = "", signature = ""] = token.split(".");
  const later = Buffer.from([STEP.workflowId, STEP.runId, String(NOW * 2)].join("~")).toString("base64url");
  const other = tokenOf(createStepLinks("x".repeat(32), "https://a").urlOf(STEP, NOW + 1));
  const ofCase = tokenOf(
    createCaseLinks(SECRET, "https://a").urlOf(
      { caseId: "FC-2026-000001", workflowId: STEP.workflowId, level: "support" },
      NOW + 1,
    ),
  );
  for (const wrong of [`${later}.${signature}`, text, `${text}.`, `${token}.x`, other, ofCase, "", "."])
    expect([wrong, links.read(wrong, NOW)]).toEqual([wrong, null]);
});
