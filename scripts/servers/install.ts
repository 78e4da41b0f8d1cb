import { UsageError } from "../usage-error.ts";
import { whileLocked } from "./install-lock.ts";
import type { InstallOptions, Prerequisite, Server } from "./server.ts";
import { canInstallPackages, installLine, installPackages } from "./system-packages.ts";

/** Brings everything the servers need. Quick and silent when it is all there. Throws UsageError with what to paste. */
export async function installServers(servers: readonly Server[], options: InstallOptions): Promise<void> {
  const mayInstall = options.allowSystemPackages && canInstallPackages();
  if (mayInstall) {
    const missing = await missingOf(servers);
    const waiting = () => options.progress("  another copy is installing packages; waiting …");
    if (missing.length > 0) {
      await whileLocked("system-packages", waiting, async () => {
        const still = await missingOf(servers);
        if (still.length > 0) await installPackages(still, options.progress);
      });
    }
  } else {
    // What can be had without the system's packages comes first; what then is missing is named all at once.
    await Promise.all(
      servers.filter((server) => server.name === "redis").map((server) => server.install(options)),
    );
    requireNothingMissing(await missingOf(servers));
  }
  await Promise.all(servers.map((server) => server.install(options)));
  requireNothingMissing(await missingOf(servers));
}

async function missingOf(servers: readonly Server[]): Promise<Prerequisite[]> {
  const all = await Promise.all(servers.map((server) => server.prerequisites()));
  return all.flat().filter((one) => one.state === "missing");
}

function requireNothingMissing(missing: readonly Prerequisite[]): void {
  if (missing.length === 0) return;
  const names = missing.map((one) => one.name).join(", ");
  const withPackages = missing.filter((one) => one.packages !== undefined);
  const lines = missing.flatMap((one) =>
    one.packages ? [] : [`  ${one.name}: ${one.remedy ?? "see ./catalyst doctor"}`],
  );
  if (withPackages.length > 0)
    lines.push("Paste this line, then run the command again:", `  ${installLine(withPackages)}`);
  throw new UsageError([`Missing: ${names}.`, ...lines].join("\n"), 1);
}
