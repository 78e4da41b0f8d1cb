import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants } from "node:os";
import type { EnvironmentStatus } from "./state.ts";
import type { Supervisor } from "./supervisor.ts";

const longestSocketPath = 100; // Linux allows 107 bytes (unix(7))

/** The socket by which a running supervisor is asked and told; only its own user can open it. */
export function controlSocket(dataDirectory: string): string {
  const path = join(dataDirectory, "control.sock");
  if (Buffer.byteLength(path) <= longestSocketPath) return path;
  const digest = createHash("sha256").update(dataDirectory).digest("hex").slice(0, 24);
  return join(tmpdir(), `catalyst-${digest}.sock`);
}

export type ProcessAction = "start" | "stop" | "restart" | "kill";

/** Serves GET /status, POST /stop and POST /processes/NAME/ACTION[?signal=SIGKILL]. `stop` ends the supervisor. */
export function serveControl(
  dataDirectory: string,
  supervisor: Supervisor,
  stop: () => void,
): Promise<Server> {
  const path = controlSocket(dataDirectory);
  rmSync(path, { force: true });
  const server = createServer((incoming, response) => {
    const answer = (code: number, body: unknown): void => {
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    handle(incoming, supervisor, stop).then(
      ([code, body]) => answer(code, body),
      (error: unknown) => answer(500, { error: String(error) }),
    );
  });
  return new Promise((settle, fail) => {
    server.once("error", fail);
    const umask = process.umask(0o077);
    server.listen(path, () => settle(server));
    process.umask(umask);
  });
}

async function handle(
  incoming: IncomingMessage,
  supervisor: Supervisor,
  stop: () => void,
): Promise<[number, unknown]> {
  const url = new URL(incoming.url ?? "/", "http://control");
  const [, first, name = "", action] = url.pathname.split("/");
  if (incoming.method === "GET" && first === "status") return [200, supervisor.status()];
  if (incoming.method !== "POST") return [404, { error: "no such route" }];
  if (first === "stop") {
    stop();
    return [202, {}];
  }
  const target = first === "processes" ? supervisor.find(decodeURIComponent(name)) : undefined;
  if (!target) return [404, { error: `no process is named ${name}` }];
  switch (action ?? "") {
    case "kill": {
      const signalName = url.searchParams.get("signal") ?? "SIGTERM";
      if (!(signalName in constants.signals)) return [400, { error: `no signal is named ${signalName}` }];
      await target.kill(signalName as NodeJS.Signals);
      break;
    }
    case "restart":
      await target.stop();
      target.start();
      break;
    case "stop":
      await target.stop();
      break;
    case "start":
      target.start();
      break;
    default:
      return [404, { error: "no such action" }];
  }
  return [200, target.status()];
}

/** Asks the supervisor of a data folder. Undefined when none answers. Throws on an answer that says no. */
export function askControl<T>(
  dataDirectory: string,
  method: "GET" | "POST",
  path: string,
): Promise<T | undefined> {
  return new Promise((settle, fail) => {
    const outgoing = request(
      { socketPath: controlSocket(dataDirectory), method, path, agent: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("error", () => settle(undefined));
        response.on("end", () => {
          if ((response.statusCode ?? 500) < 300) settle(JSON.parse(body) as T);
          else fail(new Error(`${method} ${path}: ${body}`));
        });
      },
    );
    outgoing.on("error", () => settle(undefined));
    outgoing.end();
  });
}

export function askStatus(dataDirectory: string): Promise<EnvironmentStatus | undefined> {
  return askControl<EnvironmentStatus>(dataDirectory, "GET", "/status");
}
