import { statusTable } from "../environment-table.ts";
import { leftoversOf } from "../environment.ts";
import { dataDirectoryFrom } from "../paths.ts";
import { askStatus } from "../supervisor/control.ts";
import { print, progress } from "../terminal.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "status";
const usage = `catalyst status [--json] [--data DIR]

  Exit code 0: everything is healthy. 1: something is not. 3: nothing runs.`;

const notRunning = 3; // as systemctl and LSB init scripts have it

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseFlags({ name, usage }, args, {
    json: { type: "boolean" },
    data: { type: "string" },
  });
  const data = dataDirectoryFrom(values.data);
  const status = await askStatus(data);
  if (!status) {
    const leftovers = leftoversOf(data);
    if (values.json) print(JSON.stringify({ phase: "down", data, leftovers, processes: [] }));
    else progress(`nothing runs on ${data}`);
    if (!values.json && leftovers.length > 0) {
      progress(
        `a killed supervisor left: ${leftovers.join(", ")}. ./catalyst up goes on from there, down stops them`,
      );
    }
    return notRunning;
  }
  if (values.json) {
    print(JSON.stringify(status, undefined, 2));
  } else {
    print(
      `${status.phase} on ${status.data} (supervisor pid ${status.supervisor})\n\n${statusTable(status)}`,
    );
  }
  const healthy = status.phase === "running" && status.processes.every((one) => one.health === "healthy");
  return healthy ? 0 : 1;
}

export const command: CatalystCommand = {
  name,
  summary: "every process: health, pid, ports, restarts",
  usage,
  run,
};
