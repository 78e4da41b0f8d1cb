interface Step {
  readonly text: string;
  state: "running" | "done" | "failed" | "undone";
}

const MARKS = { running: "⏳", done: "✅", failed: "❌", undone: "↩️" } as const;

/** What a person sees of a durable flow in the Web UI, told as it goes. `Status` is the flow's own search attribute. */
export interface Story<Status extends string> {
  begin(status: Status, text: string): void;
  /** The step that runs has come further. */
  advance(text: string): void;
  /** The step that runs has ended; its text may say how. */
  end(state: "done" | "failed" | "undone", text?: string): void;
  finish(status: Status, text: string): void;
}

/** @param publish receives the status and the whole story (Markdown) after every change. */
export function createStory<Status extends string>(
  title: string,
  publish: (status: Status, details: string) => void,
): Story<Status> {
  const steps: Step[] = [];
  let status: Status | undefined;
  let end = "";

  const tell = (status: Status): void => {
    const lines = steps.map(({ state, text }) => `- ${MARKS[state]} ${escaped(text)}`);
    publish(status, [`### ${escaped(title)}`, "", ...lines, "", end].join("\n").trimEnd());
  };

  return {
    begin(newStatus, text) {
      status = newStatus;
      steps.push({ text, state: "running" });
      tell(status);
    },
    advance(text) {
      if (steps.pop() !== undefined) steps.push({ text, state: "running" });
      if (status !== undefined) tell(status);
    },
    end(state, text) {
      const running = steps.pop();
      if (running !== undefined) steps.push({ text: text ?? running.text, state });
      if (status !== undefined) tell(status);
    },
    finish(newStatus, text) {
      status = newStatus;
      end = `**${escaped(text)}**`;
      tell(status);
    },
  };
}

/** Names and reasons are whatever others chose: they must not become links or headings. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~!]/g, "\\$&").replace(/\s+/g, " ");
}
