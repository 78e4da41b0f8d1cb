import type { CatalystCommand } from "./command.ts";

/** Every command and the file that holds it, in the order of `help`. A command's module is loaded only when it runs. */
export const commands: Readonly<Record<string, () => Promise<{ readonly command: CatalystCommand }>>> = {
  up: () => import("./up.ts"),
  down: () => import("./down.ts"),
  status: () => import("./status.ts"),
  logs: () => import("./logs.ts"),
  demo: () => import("./demo.ts"),
  doctor: () => import("./doctor.ts"),
  bench: () => import("./bench.ts"),
  dlq: () => import("./dlq.ts"),
  audit: () => import("./audit.ts"),
  reconcile: () => import("./reconcile.ts"),
  settlement: () => import("./settlement.ts"),
  shadow: () => import("./shadow.ts"),
  import: () => import("./import.ts"),
  simulate: () => import("./simulate.ts"),
  sabotage: () => import("./sabotage.ts"),
  test: () => import("./test.ts"),
  help: () => import("./help.ts"),
};
