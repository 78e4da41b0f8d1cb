import type { Resource } from "../../operation";
import { cancel } from "./cancel";
import { describe } from "./describe";
import { getResult } from "./getResult";
import { list } from "./list";
import { query } from "./query";
import { reset } from "./reset";
import { signal } from "./signal";
import { start } from "./start";
import { startAndWait } from "./startAndWait";
import { terminate } from "./terminate";
import { update } from "./update";

export const workflow: Resource = {
  name: "Workflow",
  value: "workflow",
  operations: [
    start,
    startAndWait,
    signal,
    update,
    query,
    describe,
    getResult,
    list,
    cancel,
    terminate,
    reset,
  ],
};
