import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Closable, Lifecycle } from "./lifecycle.ts";
import type { Metrics } from "./metrics.ts";

/** GET /health (the process lives), /ready (it takes work), /metrics (Prometheus) of a process without a door of its own. */
export async function startHealthServer(
  port: number,
  lifecycle: Lifecycle,
  metrics: Metrics,
): Promise<Closable & { port: number }> {
  const server = createServer((request, response) => {
    if (request.url === "/metrics") {
      void metrics.registry.metrics().then((text) => {
        response.writeHead(200, { "content-type": metrics.registry.contentType }).end(text);
      });
      return;
    }
    const known = request.url === "/health" || request.url === "/ready";
    const status = known ? (lifecycle.ready ? 200 : 503) : 404;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ status: known ? (lifecycle.ready ? "healthy" : "starting") : "unknown route" }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    name: "health server",
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
