import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findChromium } from "../../scripts/servers/chromium.ts";

/** One page of a headless Chromium, by its DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
export interface Page {
  /** Opens the address and waits until it has loaded. */
  open(address: string): Promise<void>;
  /** Value of a JavaScript expression in the page; a promise is waited for. @throws what the page throws. */
  evaluate<Value>(expression: string): Promise<Value>;
  setCookie(address: string, nameAndValue: string): Promise<void>;
  /** Writes a PNG of what is seen. */
  picture(file: string): Promise<void>;
  close(): Promise<void>;
}

const size = { width: 1600, height: 900 };
const startLimitMs = 30_000;

/** @throws where this machine has no Chromium. */
export async function openBrowser(): Promise<Page> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error("there is no Chromium on this machine");
  const profile = mkdtempSync(join(tmpdir(), "catalyst-chromium-"));
  const flags = [
    "--headless=new",
    "--no-sandbox", // a container's root has no other way; only our own pages are opened
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    `--window-size=${size.width},${size.height}`,
    "about:blank",
  ];
  const child = spawn(chromium, flags, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const remove = (): void => rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    const socket = await connect(await debuggerAddress(child.stderr));
    const page = await attach(socket);
    return {
      ...page,
      close: async () => {
        socket.close();
        child.kill("SIGKILL");
        await ended;
        remove();
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    remove();
    throw error;
  }
}

/** Chromium tells the address on its standard error. */
async function debuggerAddress(output: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: output });
  const late = setTimeout(() => lines.close(), startLimitMs);
  try {
    for await (const line of lines) {
      const address = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address !== undefined) return address;
    }
  } finally {
    clearTimeout(late);
    output.resume();
  }
  throw new Error("Chromium did not start");
}

async function connect(address: string): Promise<WebSocket> {
  const socket = new WebSocket(address);
  await new Promise<void>((settle, fail) => {
    socket.addEventListener("open", () => settle());
    socket.addEventListener("error", () => fail(new Error(`${address} does not answer`)));
  });
  return socket;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

async function attach(socket: WebSocket): Promise<Omit<Page, "close">> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const listeners = new Map<string, () => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, method, result, error } = JSON.parse(String(data)) as Answer;
    if (method !== undefined) listeners.get(method)?.();
    const asked = id === undefined ? undefined : waiting.get(id);
    if (id === undefined || asked === undefined) return;
    waiting.delete(id);
    if (error) asked.reject(new Error(error.message));
    else asked.resolve(result);
  });
  let last = 0;
  const sendTo = async <Result>(
    sessionId: string | undefined,
    method: string,
    params: object,
  ): Promise<Result> => {
    last += 1;
    const asked = Promise.withResolvers<unknown>();
    waiting.set(last, asked);
    socket.send(JSON.stringify({ id: last, method, params, ...(sessionId && { sessionId }) }));
    return (await asked.promise) as Result;
  };
  const { targetId } = await sendTo<{ targetId: string }>(undefined, "Target.createTarget", {
    url: "about:blank",
  });
  const flat = { targetId, flatten: true };
  const { sessionId } = await sendTo<{ sessionId: string }>(undefined, "Target.attachToTarget", flat);
  const send = <Result>(method: string, params: object = {}): Promise<Result> =>
    sendTo(sessionId, method, params);
  await send("Page.enable");
  await send("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile: false });
  return pageOf(send, (event) => new Promise((settle) => listeners.set(event, settle)));
}

function pageOf(
  send: <Result>(method: string, params?: object) => Promise<Result>,
  next: (event: string) => Promise<void>,
): Omit<Page, "close"> {
  return {
    async open(address) {
      const loaded = next("Page.loadEventFired");
      await send("Page.navigate", { url: address });
      await loaded;
    },
    async evaluate<Value>(expression: string) {
      const { result, exceptionDetails } = await send<{
        result: { value: Value };
        exceptionDetails?: { text: string; exception?: { description?: string } };
      }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
    async setCookie(address, nameAndValue) {
      const [name = "", ...rest] = nameAndValue.split("=");
      await send("Network.setCookie", { url: address, name, value: rest.join("=") });
    },
    async picture(file) {
      const { data } = await send<{ data: string }>("Page.captureScreenshot", { format: "png" });
      writeFileSync(file, Buffer.from(data, "base64"));
    },
  };
}
