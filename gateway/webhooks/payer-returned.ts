import type { AddRoute } from "../rest/context.ts";

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Thank you</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 20vh auto; max-width: 30rem; padding: 0 1rem; color: #1c2733 }</style>
<h1>Thank you</h1>
<p>The payment is being confirmed. You may close this page; a receipt comes by mail.</p>
</html>`;

/** GET /payments/returned: where payers come back to from a provider's page. It says nothing of the payment: the provider is asked for that. */
export const payerReturned: AddRoute = (gateway) => {
  gateway.route({
    method: "GET",
    url: "/payments/returned",
    schema: { hide: true },
    handler: async (_request, reply) => {
      void reply
        .type("text/html; charset=utf-8")
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
      return PAGE;
    },
  });
};
