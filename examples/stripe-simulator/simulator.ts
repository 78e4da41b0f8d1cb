import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Faults } from "../provider-simulator/faults.ts";
import { close, cutOff, json, listen, readBody, send, type Answer } from "../provider-simulator/http-door.ts";
import { Records } from "../provider-simulator/records.ts";
import { WebhookSender } from "../provider-simulator/webhook-sender.ts";
import { Account } from "./account.ts";
import { control } from "./control.ts";
import { errorAnswer, StripeError } from "./errors.ts";
import { parseForm } from "./form.ts";
import type { StripeEvent } from "./objects.ts";
import { resumeProcessing } from "./payment-intents.ts";
import { route } from "./routes.ts";

export interface StripeSimulatorOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** The only key that is let in. */
  readonly secretKey: string;
  /** Signs the webhooks. */
  readonly webhookSecret: string;
  /** Where webhooks go; absent: nowhere until a control call says so. */
  readonly webhookUrl?: string;
  /** Where the books are kept; absent = in memory only. */
  readonly file?: string;
  /** Until a bank debit or a pending refund ends; 2,000 ms if absent. */
  readonly processingMs?: number;
  /** First wait before a webhook is sent again. */
  readonly webhookRetryMs?: number;
  readonly now?: () => number;
}

export interface StripeSimulator {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

interface Repeatable {
  readonly id: string;
  readonly fingerprint: string;
  readonly answer: Answer;
  readonly requestId: string;
  /** Epoch ms. */
  readonly at: number;
}

/** How long Stripe remembers a key. */
const KEY_MS = 86_400_000;
const API_VERSION = "2026-10-28.endive";
/** How long a request that is never answered keeps its connection. */
const CUT_MS = 30_000;

/** Stripe's API over HTTP, for nobody's money: real wire format, made-up banks. Resolves when it listens. */
export async function startStripeSimulator(options: StripeSimulatorOptions): Promise<StripeSimulator> {
  const simulator = new Simulator(options);
  await simulator.listen();
  return simulator;
}

/** `t=…,v1=…`: HMAC-SHA256 over "t.body" (https://docs.stripe.com/webhooks/signature). @param at epoch ms. */
export function signWebhook(body: string, secret: string, at: number): string {
  const seconds = Math.floor(at / 1000);
  const signature = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${signature}`;
}

class Simulator implements StripeSimulator {
  readonly #options: StripeSimulatorOptions;
  readonly #now: () => number;
  readonly #records: Records;
  readonly #faults = new Faults();
  readonly #sender: WebhookSender;
  readonly #account: Account;
  readonly #server: Server;
  port = 0;

  constructor(options: StripeSimulatorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#records = new Records(options.file ?? null);
    this.#sender = new WebhookSender({
      records: this.#records,
      faults: this.#faults,
      headers: (body) => ({ "stripe-signature": signWebhook(body, options.webhookSecret, this.#now()) }),
      onDelivered: (id) => this.#delivered(id),
      ...(options.webhookRetryMs === undefined ? {} : { retryMs: options.webhookRetryMs }),
    });
    this.#account = new Account({
      records: this.#records,
      faults: this.#faults,
      sender: this.#sender,
      now: this.#now,
      baseUrl: () => this.url,
      processingMs: options.processingMs ?? 2_000,
      apiVersion: API_VERSION,
    });
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    this.port = await listen(this.#server, this.#options.port);
    resumeProcessing(this.#account);
    this.#sender.target(this.#options.webhookUrl ?? null);
  }

  async close(): Promise<void> {
    this.#account.close();
    this.#sender.close();
    await close(this.#server);
    this.#records.close();
  }

  #delivered(id: string): void {
    const event = this.#account.find<StripeEvent>("events", id);
    if (event !== undefined) this.#account.put("events", { ...event, pending_webhooks: 0 });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? "/", "http://simulator");
    const method = request.method ?? "GET";
    const body = await readBody(request);
    if (pathname === "/health" || pathname === "/ready")
      return send(response, json(200, { status: "ok", simulator: true }));
    if (pathname.startsWith("/v1/"))
      return this.#api(request, response, method, pathname, search.slice(1), body);
    const answer = this.#guard(() =>
      this.#account.transaction({ id: null, idempotency_key: null }, () =>
        control(this.#account, method, pathname, parseJson(body)),
      ),
    );
    send(response, answer ?? json(404, { error: "no such page" }));
  }

  #api(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    path: string,
    query: string,
    body: string,
  ): void {
    const requestId = this.#account.id("req");
    const version = header(request, "stripe-version") ?? API_VERSION;
    const reply = (answer: Answer): void =>
      send(response, {
        ...answer,
        headers: { ...answer.headers, "request-id": requestId, "stripe-version": version },
      });
    if (!this.#known(request))
      return reply(
        errorAnswer({
          status: 401,
          fields: { type: "invalid_request_error", message: "Invalid API Key provided." },
        }),
      );
    const subject = `${method} ${path}`;
    const early = this.#faults.take(subject, ["rate_limit", "error_before", "timeout_before"]);
    if (early?.kind === "timeout_before") return cutOff(response, early.ms ?? CUT_MS);
    if (early?.kind === "rate_limit") return reply(RATE_LIMITED);
    if (early !== null) return reply(INTERNAL);
    const late = this.#faults.take(subject, ["error_after", "error_stored", "timeout_after"]);
    const answer = this.#once(
      request,
      method,
      path,
      method === "GET" ? query : body,
      requestId,
      late?.kind === "error_stored",
    );
    if (late?.kind === "timeout_after") return cutOff(response, late.ms ?? CUT_MS);
    return reply(late?.kind === "error_after" ? INTERNAL : answer);
  }

  /** A key that is known gets its first answer again; with other parameters it is refused. */
  #once(
    request: IncomingMessage,
    method: string,
    path: string,
    form: string,
    requestId: string,
    storeError: boolean,
  ): Answer {
    const key = method === "POST" ? header(request, "idempotency-key") : undefined;
    const fingerprint = createHash("sha256").update(`${method} ${path}\n${form}`).digest("hex");
    const stored = key === undefined ? undefined : this.#records.get<Repeatable>("idempotency", key);
    const known = stored !== undefined && this.#now() - stored.at < KEY_MS ? stored : undefined;
    if (known !== undefined && known.fingerprint !== fingerprint)
      return errorAnswer({ status: 400, fields: KEY_REUSED });
    if (known !== undefined)
      return {
        ...known.answer,
        headers: {
          ...known.answer.headers,
          "idempotent-replayed": "true",
          "original-request": known.requestId,
        },
      };
    return this.#account.transaction({ id: requestId, idempotency_key: key ?? null }, () => {
      const carried = this.#guard(() => json(200, route(this.#account, method, path, parseForm(form))));
      const answer = storeError ? INTERNAL : carried;
      // A request that was refused before it did anything is not remembered (https://docs.stripe.com/api/idempotent_requests).
      if (key !== undefined && answer.status !== 400 && answer.status !== 404)
        this.#records.put("idempotency", key, {
          id: key,
          fingerprint,
          answer,
          requestId,
          at: this.#now(),
        } satisfies Repeatable);
      return answer;
    });
  }

  #guard<Result>(work: () => Result): Result | Answer {
    try {
      return work();
    } catch (error) {
      if (error instanceof StripeError) return errorAnswer(error);
      throw error;
    }
  }

  #known(request: IncomingMessage): boolean {
    const given = header(request, "authorization") ?? "";
    const key = given.startsWith("Basic ")
      ? Buffer.from(given.slice(6), "base64").toString("utf8").replace(/:$/, "")
      : given.replace(/^Bearer /, "");
    const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
    return timingSafeEqual(hash(key), hash(this.#options.secretKey));
  }
}

const INTERNAL = errorAnswer({
  status: 500,
  fields: { type: "api_error", message: "An unknown error occurred (made by the simulator)." },
});

const RATE_LIMITED = errorAnswer({
  status: 429,
  fields: {
    type: "invalid_request_error",
    code: "rate_limit",
    message: "Request rate limit exceeded (made by the simulator).",
  },
});

const KEY_REUSED = {
  type: "idempotency_error",
  message:
    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than the one given if you meant to execute a different request.",
} as const;

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}
