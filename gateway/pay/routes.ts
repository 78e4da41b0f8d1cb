import type { FastifyReply } from "fastify";
import { z } from "zod";
import { isClosed, type Payment } from "#domain/payments/payment.ts";
import { PAY_NOW, paymentCollectionWorkflowId, paymentFlowState } from "#workflows/payment-collection/api.ts";
import type { AddRoute, RouteContext } from "../rest/context.ts";
import { noSuchPayment, payPage } from "./page.ts";

const params = z.object({ token: z.string().max(200) });

/** Only where a browser may go: what a provider answers stands in a Location header. */
const LINK = /^https?:\/\//;

/** GET /pay/:token: what is to be paid, for whoever holds the link. No key is needed, and nothing of the page is kept anywhere. */
export const payPageRoute: AddRoute = (gateway, context) => {
  gateway.route({
    method: "GET",
    url: "/pay/:token",
    schema: { hide: true, params },
    handler: async ({ params: { token } }, reply) => {
      const payment = await paymentOf(context, token);
      return payment === null ? show(reply, 404, noSuchPayment()) : show(reply, 200, payPage(payment));
    },
  });
};

/** POST /pay/:token: the payer wants to pay and is sent to the provider's page. */
export const payNowRoute: AddRoute = (gateway, context) => {
  void gateway.register(async (forms) => {
    // A form without fields: whatever it carries is left unread.
    forms.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: 1024 },
      (_request, _body, done) => done(null, undefined),
    );
    forms.route<{ Params: z.infer<typeof params> }>({
      method: "POST",
      url: "/pay/:token",
      schema: { hide: true, params },
      handler: async ({ params: { token } }, reply) => {
        const payment = await paymentOf(context, token);
        if (payment === null) return show(reply, 404, noSuchPayment());
        if (isClosed(payment.state)) return show(reply, 409, payPage(payment));
        const url = payment.actionUrl ?? (await newLink(context, payment));
        if (url !== null && LINK.test(url)) return uncached(reply).redirect(url, 303);
        const again = (await paymentOf(context, token)) ?? payment;
        return show(reply, 200, payPage(again, isClosed(again.state) ? null : NO_LINK));
      },
    });
  });
};

const NO_LINK =
  "It cannot be paid on this page right now. Please pay by bank transfer with the reference, or try again later.";

async function paymentOf({ dependencies }: RouteContext, token: string): Promise<Payment | null> {
  const { links, store } = dependencies.payments;
  const paymentId = links.paymentIdOf(token);
  return paymentId === null ? null : store.get(paymentId);
}

/** Asks the payment's flow for a link; null where it has none to give. */
async function newLink({ dependencies }: RouteContext, { paymentId }: Payment): Promise<string | null> {
  const { flows, newId } = dependencies;
  const run = await flows.describe(paymentCollectionWorkflowId(paymentId));
  if (run === null || run.status !== "running") return null;
  const sent = await flows.update(run, PAY_NOW, undefined, newId());
  const state = sent.kind === "done" ? paymentFlowState.safeParse(sent.output) : null;
  return state?.success === true ? state.data.actionUrl : null;
}

function uncached<Reply extends FastifyReply>(reply: Reply): Reply {
  void reply.header("cache-control", "no-store").header("referrer-policy", "no-referrer");
  return reply;
}

function show<Reply extends FastifyReply>(reply: Reply, status: number, page: string): Reply {
  void uncached(reply)
    .code(status)
    .type("text/html; charset=utf-8")
    .header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    )
    .header("x-content-type-options", "nosniff")
    .send(page);
  return reply;
}
