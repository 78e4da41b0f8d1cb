import { print, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import type { CatalystCommand } from "./command.ts";
import { commands } from "./table.ts";

export const command: CatalystCommand = {
  name: "help",
  summary: "this list; help COMMAND for one of them",
  usage: "catalyst help [COMMAND]",
  async run([name]) {
    if (name !== undefined) {
      const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (!load) throw new UsageError(`unknown command ${name}. Known: ${Object.keys(commands).join(" ")}`);
      const found = (await load()).command;
      print(`${found.usage}\n\n  ${found.summary}`);
      return 0;
    }
    const all = await Promise.all(Object.values(commands).map((load) => load()));
    const rows = all.map((one) => [one.command.name, one.command.summary]);
    print(`Usage: ./catalyst COMMAND [FLAGS]\n\n${table(rows)}`);
    return 0;
  },
};
