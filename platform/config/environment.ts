import { toConfig, type Config } from "./config.ts";

/** The only reader of process.env in the product. */
export function readConfig(): Config {
  return toConfig(process.env);
}
