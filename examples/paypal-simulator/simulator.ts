import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Faults } from "../provider-simulator/faults.ts";
import { close, cutOff, json, listen, readBody, send, type Answer } from "../provider-simulator/http-door.ts";
import { Records } from "../provider-simulator/records.ts";
import { WebhookSender } from "../provider-simulator/webhook-sender.ts";
import { Account } from "./account.ts";
import { createSigningKey, type SigningKey } from "./certificate.ts";
import { control } from "./control.ts";
import { errorAnswer, missing, PaypalError, unprocessable } from "./errors.ts";
import { captureOrder, createOrder, endCapture, patchOrder } from "./orders.ts";
import type { Capture } from "./objects.ts";
import { refundCapture } from "./refunds.ts";
import { listTransactions } from "./reports.ts";
import { signedHeaders, verifies } from "./signature.ts";

export interface PaypalSimulatorOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Of the webhook that the signatures are for. */
  readonly webhookId: string;
  /** Where webhooks go; absent: nowhere until a control call says so. */
  readonly webhookUrl?: string;
  /** Where the books are kept; absent = in memory only. */
  readonly file?: string;
  /** Until what is pending ends; 2,000 ms if absent. */
  readonly processingMs?: number;
  /** First wait before a webhook is sent again. */
  readonly webhookRetryMs?: number;
  readonly now?: () => number;
}

export interface PaypalSimulator {
  readonly port: number;
  readonly url: string;
  /** What its webhooks are signed with. */
  readonly key: SigningKey;
  readonly certUrl: string;
  close(): Promise<void>;
}

interface Repeatable {
  readonly fingerprint: string;
  readonly answer: Answer;
  /** Epoch ms. */
  readonly at: number;
}

/** How long PayPal remembers an order's request id. */
const KEY_MS = 6 * 3_600_000;

type Fields = Readonly<Record<string, unknown>>;

const CUT_MS = 30_000;
/** PayPal's live nine hours. */
const TOKEN_SECONDS = 32_400;

/** PayPal's REST API over HTTP, for nobody's money: Orders v2, captures, refunds, the report, signed webhooks. Resolves when it listens. */
export async function startPaypalSimulator(options: PaypalSimulatorOptions): Promise<PaypalSimulator> {
  const simulator = new Simulator(options);
  await simulator.listen();
  return simulator;
}

class Simulator implements PaypalSimulator {
  readonly #options: PaypalSimulatorOptions;
  readonly #records: Records;
  readonly #faults = new Faults();
  readonly #sender: WebhookSender;
  readonly #account: Account;
  readonly #server: Server;
  readonly #tokens = new Set<string>();
  readonly #now: () => number;
  readonly key: SigningKey;
  port = 0;

  constructor(options: PaypalSimulatorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#records = new Records(options.file ?? null);
    this.key =
      this.#records.get<SigningKey>("keys", "CERT-simulator") ??
      createSigningKey("CERT-simulator", this.#now());
    this.#records.put("keys", this.key.id, this.key);
    this.#records.commit();
    this.#sender = new WebhookSender({
      records: this.#records,
      faults: this.#faults,
      headers: (body) => signedHeaders(body, options.webhookId, this.key, this.certUrl, this.#now()),
      ...(options.webhookRetryMs === undefined ? {} : { retryMs: options.webhookRetryMs }),
    });
    this.#account = new Account({
      records: this.#records,
      faults: this.#faults,
      sender: this.#sender,
      now: this.#now,
      baseUrl: () => this.url,
      processingMs: options.processingMs ?? 2_000,
    });
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get certUrl(): string {
    return `${this.url}/v1/notifications/certs/${this.key.id}`;
  }

  async listen(): Promise<void> {
    this.port = await listen(this.#server, this.#options.port);
    for (const { id, status } of this.#account.all<Capture>("captures"))
      if (status === "PENDING") this.#account.later(() => endCapture(this.#account, id));
    this.#sender.target(this.#options.webhookUrl ?? null);
  }

  async close(): Promise<void> {
    this.#account.close();
    this.#sender.close();
    await close(this.#server);
    this.#records.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://simulator");
    const method = request.method ?? "GET";
    const body = await readBody(request);
    if (pathname === "/health" || pathname === "/ready")
      return send(response, json(200, { status: "ok", simulator: true }));
    if (pathname === `/v1/notifications/certs/${this.key.id}`)
      return send(response, { status: 200, body: this.key.certificate, type: "application/x-pem-file" });
    if (/^\/v[12]\//.test(pathname))
      return this.#api(request, response, method, pathname, searchParams, body);
    const answer = this.#guard(() =>
      this.#account.transaction(() => control(this.#account, method, pathname, parsed(body))),
    );
    send(response, answer ?? json(404, { error: "no such page" }));
  }

  #api(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    path: string,
    query: URLSearchParams,
    body: string,
  ): void {
    const subject = `${method} ${path}`;
    const early = this.#faults.take(subject, ["rate_limit", "error_before", "timeout_before"]);
    if (early?.kind === "timeout_before") return cutOff(response, early.ms ?? CUT_MS);
    if (early !== null) return send(response, early.kind === "rate_limit" ? RATE_LIMITED : INTERNAL);
    const late = this.#faults.take(subject, ["error_after", "error_stored", "timeout_after"]);
    const answer =
      path === "/v1/oauth2/token"
        ? this.#token(request)
        : this.#authorized(request, method, path, query, body);
    if (late?.kind === "timeout_after") return cutOff(response, late.ms ?? CUT_MS);
    send(response, late === null ? answer : INTERNAL);
  }

  #token(request: IncomingMessage): Answer {
    const given = Buffer.from(
      (request.headers.authorization ?? "").replace(/^Basic /, ""),
      "base64",
    ).toString("utf8");
    if (!equal(given, `${this.#options.clientId}:${this.#options.clientSecret}`))
      return json(401, { error: "invalid_client", error_description: "Client Authentication failed" });
    const token = `A21AA${randomBytes(24).toString("base64url")}`;
    this.#tokens.add(token);
    return json(200, {
      scope: "https://uri.paypal.com/services/payments/payment",
      access_token: token,
      token_type: "Bearer",
      app_id: "APP-SIMULATOR",
      expires_in: TOKEN_SECONDS,
    });
  }

  #authorized(
    request: IncomingMessage,
    method: string,
    path: string,
    query: URLSearchParams,
    body: string,
  ): Answer {
    if (!this.#tokens.has((request.headers.authorization ?? "").replace(/^Bearer /, "")))
      return json(401, { error: "invalid_token", error_description: "Token signature verification failed" });
    const key = method === "POST" ? request.headers["paypal-request-id"] : undefined;
    const run = (): Answer => this.#guard(() => this.#route(method, path, query, body));
    return this.#account.transaction(() =>
      typeof key === "string" ? this.#once(key, `${method} ${path}\n${body}`, run) : run(),
    );
  }

  /** A success is remembered under its request id; with another body the id is refused. What was refused is carried out anew. */
  #once(key: string, request: string, run: () => Answer): Answer {
    const fingerprint = createHash("sha256").update(request).digest("hex");
    const stored = this.#records.get<Repeatable>("idempotency", key);
    const known = stored !== undefined && this.#now() - stored.at < KEY_MS ? stored : undefined;
    if (known !== undefined && known.fingerprint !== fingerprint)
      return errorAnswer(
        unprocessable("DUPLICATE_REQUEST_ID", "The value of PayPal-Request-Id header has already been used."),
      );
    if (known !== undefined) return known.answer;
    const answer = run();
    if (answer.status < 300)
      this.#records.put("idempotency", key, { fingerprint, answer, at: this.#now() } satisfies Repeatable);
    return answer;
  }

  #route(method: string, path: string, query: URLSearchParams, body: string): Answer {
    const [, , area, collection, id = "", verb = ""] = path.split("/");
    const key = `${method} ${area}/${collection}${id === "" ? "" : "/:id"}${verb === "" ? "" : `/${verb}`}`;
    const account = this.#account;
    if (key === "POST checkout/orders") return json(201, createOrder(account, parsed(body)));
    if (key === "GET checkout/orders/:id") return json(200, account.get("orders", id));
    if (key === "PATCH checkout/orders/:id") {
      patchOrder(account, id, JSON.parse(body));
      return { status: 204, body: "" };
    }
    if (key === "POST checkout/orders/:id/capture") return json(201, captureOrder(account, id));
    if (key === "GET payments/captures/:id") return json(200, account.get("captures", id));
    if (key === "POST payments/captures/:id/refund")
      return json(201, refundCapture(account, id, parsed(body)));
    if (key === "GET payments/refunds/:id") return json(200, account.get("refunds", id));
    if (key === "GET customer/disputes/:id") return json(200, account.get("disputes", id));
    if (key === "GET reporting/transactions") return json(200, listTransactions(account, query));
    if (key === "POST notifications/verify-webhook-signature")
      return json(200, { verification_status: this.#verify(body) });
    throw missing();
  }

  /** The event is taken as it is written in the request: another order of its fields is another event. */
  #verify(body: string): "SUCCESS" | "FAILURE" {
    const event = /"webhook_event"\s*:\s*(\{[\s\S]*\})\s*\}\s*$/.exec(body)?.[1] ?? "";
    const request = parsed(body) as unknown as Parameters<typeof verifies>[0];
    const known = request.webhook_id === this.#options.webhookId;
    return known && verifies(request, event, this.key.certificate) ? "SUCCESS" : "FAILURE";
  }

  #guard<Result>(work: () => Result): Result | Answer {
    try {
      return work();
    } catch (error) {
      if (error instanceof PaypalError) return errorAnswer(error);
      throw error;
    }
  }
}

const INTERNAL = errorAnswer({
  status: 500,
  title: "INTERNAL_SERVER_ERROR",
  issue: null,
  message: "An internal server error has occurred (made by the simulator).",
});
const RATE_LIMITED = errorAnswer({
  status: 429,
  title: "RATE_LIMIT_REACHED",
  issue: null,
  message: "Too many requests (made by the simulator).",
});

function equal(given: string, wanted: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}

function parsed(body: string): Fields {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}
