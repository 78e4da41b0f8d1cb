import { findOnPath } from "./run-command.ts";
import type { Prerequisite } from "./server.ts";
import { whileLocked } from "./install-lock.ts";
import { canInstallPackages, installPackages } from "./system-packages.ts";

const packages = ["chromium", "chromium-browser"];

/** The browser of this machine; undefined where there is none. */
export function findChromium(): string | undefined {
  return ["chromium", "chromium-browser", "google-chrome"]
    .map((name) => findOnPath(name))
    .find((path) => path !== undefined);
}

/** Brings the distribution's Chromium, for tests that look at pages; nothing happens where that is not allowed. */
export async function installChromium(progress: (line: string) => void): Promise<void> {
  if (findChromium() !== undefined || !canInstallPackages()) return;
  const missing: Prerequisite = { name: "Chromium", state: "missing", packages };
  const waiting = () => progress("  another copy is installing packages; waiting …");
  await whileLocked("system-packages", waiting, async () => {
    if (findChromium() === undefined) await installPackages([missing], progress);
  });
}
