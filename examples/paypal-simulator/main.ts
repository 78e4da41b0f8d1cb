import { startPaypalSimulator } from "./simulator.ts";

/**
 * The PayPal simulator's process. Environment: HEALTH_PORT (its one port: API, pages, health; 12112), PAYPAL_SIMULATOR_CLIENT_ID,
 * PAYPAL_SIMULATOR_CLIENT_SECRET, PAYPAL_SIMULATOR_WEBHOOK_ID, PAYPAL_SIMULATOR_WEBHOOK_URL (none: no webhooks), PAYPAL_SIMULATOR_FILE (none: the
 * books are lost with the process).
 */
const { env } = process;
const simulator = await startPaypalSimulator({
  port: Number(env["HEALTH_PORT"] || 12_112),
  clientId: env["PAYPAL_SIMULATOR_CLIENT_ID"] || "simulator",
  clientSecret: env["PAYPAL_SIMULATOR_CLIENT_SECRET"] || "simulator",
  webhookId: env["PAYPAL_SIMULATOR_WEBHOOK_ID"] || "SIMULATOR",
  ...(env["PAYPAL_SIMULATOR_WEBHOOK_URL"] ? { webhookUrl: env["PAYPAL_SIMULATOR_WEBHOOK_URL"] } : {}),
  ...(env["PAYPAL_SIMULATOR_FILE"] ? { file: env["PAYPAL_SIMULATOR_FILE"] } : {}),
});
console.log(JSON.stringify({ process: "paypal-simulator", port: simulator.port, msg: "ready" }));

for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => void simulator.close().then(() => process.exit(0)));
