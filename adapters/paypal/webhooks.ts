import { verify, X509Certificate } from "node:crypto";
import { crc32 } from "node:zlib";
import { request } from "undici";
import { Unavailable } from "#domain/errors.ts";
import type { ProviderEvent, ProviderWebhooks } from "#domain/payments/ports.ts";
import { fromPaypalAmount } from "./amounts.ts";
import type { PaypalCapture, PaypalDispute, PaypalOrder, PaypalRefund } from "./resources.ts";

/**
 * PayPal repeats a webhook for three days, and does not say that it signs anew; a repeated event does no harm (its flow asks PayPal how things
 * stand), a refused one would be lost.
 */
const AGE_MS_MAX = 4 * 86_400_000;
/** Of clocks. */
const EARLY_MS_MAX = 300_000;
const CERTIFICATE_TIMEOUT_MS = 5_000;
const CERTIFICATE_BYTES_MAX = 65_536;
/** PayPal has one at a time and changes it once a year. */
const CERTIFICATES_MAX = 8;

export interface PaypalWebhooksOptions {
  /** Of the endpoint, as PayPal names it. */
  readonly webhookId: string;
  /** Certificates come from PayPal's own hosts, or from this address. */
  readonly apiBase: string;
}

type Headers = Readonly<Record<string, string | undefined>>;
type Forged = { readonly kind: "forged"; readonly why: string };

const forged = (why: string): Forged => ({ kind: "forged", why });

/**
 * PayPal's signature, checked here: SHA256withRSA over "transmission id|time|webhook id|CRC-32 of the body", by the certificate that PayPal serves
 * at PAYPAL-CERT-URL, which must be PayPal's. read() throws Unavailable when the certificate cannot be fetched: PayPal sends the event again.
 */
export function createPaypalWebhooks({ webhookId, apiBase }: PaypalWebhooksOptions): ProviderWebhooks {
  const certificates = createCertificates(new URL(apiBase));
  return {
    name: "paypal",
    async read(rawBody, headers, now) {
      const refusal = refusalBeforeSignature(headers, now);
      if (refusal !== null) return refusal;
      const certificate = await certificates(headers["paypal-cert-url"] ?? "");
      if (certificate === null) return forged("the certificate is not PayPal's");
      if (now > Date.parse(certificate.validTo)) return forged("the certificate is no longer valid");
      const signature = Buffer.from(headers["paypal-transmission-sig"] ?? "", "base64");
      const content = [
        headers["paypal-transmission-id"],
        headers["paypal-transmission-time"],
        webhookId,
        crc32(rawBody),
      ].join("|");
      if (!verify("sha256", Buffer.from(content), certificate.publicKey, signature))
        return forged("the signature does not match");
      return readEvent(rawBody);
    },
  };
}

function refusalBeforeSignature(headers: Headers, now: number): Forged | null {
  if (headers["paypal-auth-algo"] !== "SHA256withRSA") return forged("it is not signed as PayPal signs");
  const at = Date.parse(headers["paypal-transmission-time"] ?? "");
  if (Number.isNaN(at)) return forged("it has no time");
  if (now - at > AGE_MS_MAX) return forged("it is too old");
  return at - now > EARLY_MS_MAX ? forged("signed in the future") : null;
}

/** Fetches certificates and keeps them; null for an address that is not PayPal's. */
function createCertificates(apiBase: URL): (address: string) => Promise<X509Certificate | null> {
  const kept = new Map<string, X509Certificate>();
  return async (address) => {
    if (!isPaypals(address, apiBase)) return null;
    const known = kept.get(address);
    if (known !== undefined) return known;
    const certificate = await fetchCertificate(address);
    if (kept.size >= CERTIFICATES_MAX) kept.clear();
    if (certificate !== null) kept.set(address, certificate);
    return certificate;
  };
}

/** A forger chooses the address: only PayPal's own certificates count, and nothing else is fetched. */
function isPaypals(address: string, apiBase: URL): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (!url.pathname.startsWith("/v1/notifications/certs/") || url.username !== "" || url.password !== "")
    return false;
  const isSimulator = !isHostOfPaypal(apiBase.hostname) && url.origin === apiBase.origin;
  return isSimulator || (url.protocol === "https:" && url.port === "" && isSameSide(url, apiBase));
}

/** What the sandbox signs counts in the sandbox alone. */
function isSameSide({ hostname }: URL, apiBase: URL): boolean {
  const sandbox = (host: string): boolean => host.endsWith(".sandbox.paypal.com");
  return isHostOfPaypal(hostname) && sandbox(hostname) === sandbox(apiBase.hostname);
}

function isHostOfPaypal(host: string): boolean {
  return host.endsWith(".paypal.com");
}

async function fetchCertificate(address: string): Promise<X509Certificate | null> {
  let text: string;
  try {
    const signal = AbortSignal.timeout(CERTIFICATE_TIMEOUT_MS);
    const answer = await request(address, { signal });
    text = await answer.body.text();
    if (answer.statusCode >= 400 && answer.statusCode < 500) return null;
    if (answer.statusCode !== 200 || text.length > CERTIFICATE_BYTES_MAX)
      throw new Error(`status ${answer.statusCode}`);
  } catch (cause) {
    throw new Unavailable("paypal", { cause, message: "PayPal's certificate cannot be fetched" });
  }
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}

interface PaypalEvent {
  readonly id: string;
  readonly event_type: string;
  readonly create_time: string;
  readonly resource: object;
}

function readEvent(rawBody: Buffer): { kind: "event"; event: ProviderEvent } | Forged {
  let event: PaypalEvent;
  try {
    event = JSON.parse(rawBody.toString("utf8")) as PaypalEvent;
  } catch {
    return forged("unreadable");
  }
  const at = Date.parse(event.create_time);
  return {
    kind: "event",
    event: { provider: "paypal", providerEventId: event.id, at, ...readResource(event) },
  };
}

type Read = Pick<ProviderEvent, "kind" | "providerPaymentId" | "paymentId" | "amountMinor">;

const IGNORED: Read = { kind: "ignored", providerPaymentId: null, paymentId: null, amountMinor: null };

function readResource({ event_type: type, resource }: PaypalEvent): Read {
  if (type.startsWith("CHECKOUT.ORDER.")) return orderEvent(resource as PaypalOrder);
  if (
    type === "PAYMENT.CAPTURE.REFUNDED" ||
    type === "PAYMENT.CAPTURE.REVERSED" ||
    type.startsWith("PAYMENT.REFUND.")
  )
    return refundEvent(resource as PaypalRefund);
  if (type.startsWith("PAYMENT.CAPTURE.")) return captureEvent(resource as PaypalCapture);
  if (type === "CUSTOMER.DISPUTE.CREATED") return disputeEvent(resource, "dispute_opened");
  if (type === "CUSTOMER.DISPUTE.RESOLVED") return disputeEvent(resource, outcomeOf(resource));
  return IGNORED;
}

/** A given-up order's id has a mark before ours. */
function ours(customId: string | undefined): string | null {
  return customId?.replace(/^given-up:/, "") ?? null;
}

function orderEvent({ id, purchase_units: units }: PaypalOrder): Read {
  return {
    kind: "payment_changed",
    providerPaymentId: id,
    paymentId: ours(units?.[0]?.custom_id),
    amountMinor: null,
  };
}

function captureEvent({ custom_id: customId, supplementary_data: data }: PaypalCapture): Read {
  const providerPaymentId = data?.related_ids?.order_id ?? null;
  return { kind: "payment_changed", providerPaymentId, paymentId: ours(customId), amountMinor: null };
}

function refundEvent({ custom_id: customId, amount }: PaypalRefund): Read {
  const amountMinor = amount === undefined ? null : fromPaypalAmount(amount);
  return { kind: "refund_changed", providerPaymentId: null, paymentId: ours(customId), amountMinor };
}

function disputeEvent(
  { dispute_amount: amount, disputed_transactions: rows }: PaypalDispute,
  kind: ProviderEvent["kind"],
): Read {
  const amountMinor = amount === undefined ? null : fromPaypalAmount(amount);
  return { kind, providerPaymentId: null, paymentId: ours(rows?.[0]?.custom), amountMinor };
}

/** Paid out to the buyer from our account, or not. */
function outcomeOf({ dispute_outcome: outcome }: PaypalDispute): "dispute_won" | "dispute_lost" {
  return outcome?.outcome_code === "RESOLVED_BUYER_FAVOUR" || outcome?.outcome_code === "ACCEPTED"
    ? "dispute_lost"
    : "dispute_won";
}
