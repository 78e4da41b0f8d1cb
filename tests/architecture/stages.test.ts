import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { CHANNELS } from "#domain/messages/channels.ts";
import { eventTopics, STAGES } from "#pipeline/stages.ts";

const page = readFileSync(new URL("../../docs/architecture.md", import.meta.url), "utf8");

interface DocumentedStage {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly group: string;
  readonly deadLetter: string;
}

/** `messaging.<ch>.status` of the page as the topics it stands for. */
function expand(cell: string): string[] {
  const topics = cell
    .split(",")
    .map((topic) => topic.trim())
    .filter((topic) => topic !== "");
  return topics.flatMap((topic) =>
    topic.includes("&lt;ch&gt;")
      ? CHANNELS.map((channel) => topic.replace("&lt;ch&gt;", channel.replace("-", ".")))
      : [topic],
  );
}

const section = page.slice(page.indexOf("## Stages"), page.indexOf("## The house"));
const documented = new Map<string, DocumentedStage>();
for (const line of section.split("\n")) {
  const cells = line.split("|").map((cell) => cell.trim());
  const name = cells[1] ?? "";
  if (!(name in STAGES)) continue;
  documented.set(name, {
    inputs: expand(cells[2] ?? "").toSorted(),
    outputs: expand(cells[3] ?? "").toSorted(),
    group: cells[4] ?? "",
    deadLetter: cells[5] ?? "",
  });
}

describe("docs/architecture.md", () => {
  test.each(Object.values(STAGES).map((stage) => [stage.name, stage] as const))(
    "tells of %s what is so",
    (name, stage) => {
      expect(documented.get(name)).toEqual({
        inputs: stage.inputs.toSorted(),
        outputs: stage.outputs.toSorted(),
        group: stage.consumerGroup,
        deadLetter: stage.deadLetterTopic,
      });
    },
  );

  test("every topic of the guide is created", () => {
    const topics = eventTopics();
    for (const topic of [
      "firewall.events",
      "billing.events",
      "fraud.alerts",
      "workflow.triggers",
      "messaging.rcs.google.submitted",
    ])
      expect(topics).toContain(topic);
    for (const channel of CHANNELS)
      for (const kind of ["submitted", "cleared", "status", "inbound"])
        expect(topics).toContain(`messaging.${channel.replace("-", ".")}.${kind}`);
  });
});
