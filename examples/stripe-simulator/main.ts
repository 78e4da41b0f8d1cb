import { startStripeSimulator } from "./simulator.ts";

/**
 * The Stripe simulator's process. Environment: HEALTH_PORT (its one port: API, pages, health; 12111), STRIPE_SIMULATOR_SECRET_KEY,
 * STRIPE_SIMULATOR_WEBHOOK_SECRET, STRIPE_SIMULATOR_WEBHOOK_URL (none: no webhooks), STRIPE_SIMULATOR_FILE (none: the books are lost with the process).
 */
const { env } = process;
const simulator = await startStripeSimulator({
  port: Number(env["HEALTH_PORT"] || 12_111),
  secretKey: env["STRIPE_SIMULATOR_SECRET_KEY"] || "sk_test_simulator",
  webhookSecret: env["STRIPE_SIMULATOR_WEBHOOK_SECRET"] || "whsec_simulator",
  ...(env["STRIPE_SIMULATOR_WEBHOOK_URL"] ? { webhookUrl: env["STRIPE_SIMULATOR_WEBHOOK_URL"] } : {}),
  ...(env["STRIPE_SIMULATOR_FILE"] ? { file: env["STRIPE_SIMULATOR_FILE"] } : {}),
});
console.log(JSON.stringify({ process: "stripe-simulator", port: simulator.port, msg: "ready" }));

for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => void simulator.close().then(() => process.exit(0)));
