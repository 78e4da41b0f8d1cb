/** Writes n8n-workflows.json, which n8n's command line imports whole, from the files of n8n-bridge/workflows. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootDirectory } from "../paths.ts";
import { combinedWorkflows } from "./canvases.ts";

writeFileSync(join(rootDirectory, "n8n-workflows.json"), combinedWorkflows());
