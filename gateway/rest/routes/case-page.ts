import { z } from "zod";
import { note } from "#domain/events/fraud-alert.ts";
import { type CaseDecisionKind, type CaseLevel, type CaseLink, DECISIONS } from "#domain/fraud/ports.ts";
import { type CasePage, casePage, goneCasePage } from "../case-page.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { decideCase } from "../decide-case.ts";
import { ProblemError } from "../problems.ts";

const params = z.object({ token: z.string().max(1_000) });

const form = z.object({
  decision: z.enum(DECISIONS, "choose one"),
  name: z.string().trim().min(1, "is needed: who decides").max(100),
  reason: note.min(1, "is needed: why"),
  note: note.default(""),
});

const OPERATIONAL = ["release", "block", "suspend"] as const satisfies readonly CaseDecisionKind[];

/** What a link's holder may decide: what gives money back is not support's. */
const CHOICES: Readonly<Record<CaseLevel, readonly CaseDecisionKind[]>> = {
  support: OPERATIONAL,
  manager: DECISIONS,
  owner: DECISIONS,
};

/** Nothing of the page comes from elsewhere, nobody frames it, and the link's secret leaves with no click. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "x-robots-tag": "noindex",
  "x-content-type-options": "nosniff",
  "content-type": "text/html; charset=utf-8",
};

/**
 * GET and POST /cases/:token, behind the link of a case's mail: whoever holds it sees the case, and decides by the form. Looking changes nothing, so that a
 * mail scanner that follows links decides nothing.
 */
export const addCasePage: AddRoute = (gateway, context) => {
  void gateway.register(async (pages) => {
    // The only door that reads a browser's form.
    pages.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: 16_384 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    pages.get("/cases/:token", { schema: { hide: true, params } }, async (request, reply) => {
      const link = linkOf(context, request.params);
      const page = link === null ? null : await pageOf(context, link);
      return page === null
        ? reply.code(404).headers(HEADERS).send(goneCasePage())
        : reply.headers(HEADERS).send(casePage(page));
    });
    pages.post("/cases/:token", { schema: { hide: true, params } }, async (request, reply) => {
      const link = linkOf(context, request.params);
      const page = link === null ? null : await pageOf(context, link);
      if (link === null || page === null) return reply.code(404).headers(HEADERS).send(goneCasePage());
      const { status, ...decided } = await decide(context, link, page, request.body);
      return reply.code(status).headers(HEADERS).send(casePage(decided));
    });
  });
};

function linkOf({ dependencies }: RouteContext, given: unknown): CaseLink | null {
  const { token } = params.parse(given);
  return dependencies.fraud.links.read(token, dependencies.clock.now());
}

async function pageOf({ dependencies }: RouteContext, { caseId, level }: CaseLink): Promise<CasePage | null> {
  const fraudCase = await dependencies.fraud.cases.find(caseId);
  return fraudCase === null ? null : { fraudCase, choices: CHOICES[level], problem: null };
}

async function decide(
  { dependencies }: RouteContext,
  link: CaseLink,
  page: CasePage,
  body: unknown,
): Promise<CasePage & { readonly status: number }> {
  const read = form.safeParse(body);
  const [issue] = read.error?.issues ?? [];
  if (!read.success)
    return { ...page, status: 400, problem: `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim() };
  const { decision, name, reason, note: text } = read.data;
  if (!page.choices.includes(decision))
    return { ...page, status: 403, problem: `${decision} is not ${link.level}'s to decide` };
  try {
    const actor = `${link.level}: ${name}`;
    const asked = { decision, actor, reason, note: text === "" ? null : text };
    const fraudCase = await decideCase(dependencies, link.caseId, asked);
    return { ...page, status: 200, fraudCase };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "conflict") throw error;
    return { ...page, status: 409, problem: error.message };
  }
}
