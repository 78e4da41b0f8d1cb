import { labelOf } from "../fields/json-schema";
import type { AskedField, Question } from "./question";

/** No script, nothing from elsewhere, no frame around it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox allow-forms",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

interface Asked {
  readonly title: string;
  readonly message: string;
  readonly question: Question;
  readonly questionId: string;
  /** What was wrong with the answer before this page; null at first. */
  readonly problem: string | null;
}

/** What is asked, with a button for each choice. It is answered by POST to its own address. */
export function questionPage({ title, message, question, questionId, problem }: Asked): string {
  const { decision, fields } = question;
  const buttons =
    decision === null
      ? ["<button>Confirm</button>"]
      : decision.choices.map(
          (choice) =>
            `<button name="${escaped(decision.id)}" value="${escaped(choice)}">${escaped(labelOf(choice))}</button>`,
        );
  return page(
    title,
    `${paragraphs(message)}${problem === null ? "" : `<p class="problem" role="alert">${escaped(problem)}</p>`}
<form method="post"><input type="hidden" name="question" value="${escaped(questionId)}">${fields.map(field).join("")}<div class="buttons">${buttons.join("")}</div></form>`,
  );
}

/** What has become of the question. */
export function closingPage(title: string, message: string): string {
  return page(title, paragraphs(message));
}

function field({ id, label, required, options }: AskedField): string {
  const attributes = `id="${escaped(id)}" name="${escaped(id)}"${required ? " required" : ""}`;
  const input =
    options === null
      ? `<input ${attributes} maxlength="500">`
      : `<select ${attributes}>${options.map((one) => `<option value="${escaped(one)}">${escaped(labelOf(one))}</option>`).join("")}</select>`;
  return `<label for="${escaped(id)}">${escaped(label)}</label>${input}`;
}

function paragraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .filter((one) => one.trim() !== "")
    .map((one) => `<p>${escaped(one.trim()).replaceAll("\n", "<br>")}</p>`)
    .join("");
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; display: grid; place-items: center; min-height: 100vh; background: Canvas; color: CanvasText }
main { width: min(30rem, calc(100vw - 3rem)); padding: 1.5rem 0 }
h1 { font-size: 1.4rem; line-height: 1.25 }
label { display: block; margin-top: 1rem; font-weight: 600 }
input, select, button { font: inherit; padding: .6rem .7rem; border: 1px solid GrayText; border-radius: .4rem; box-sizing: border-box }
input, select { width: 100% }
.buttons { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1.5rem }
button { flex: 1 1 8rem; cursor: pointer; font-weight: 600 }
.problem { border-left: .25rem solid #c62828; padding-left: .7rem }
</style></head><body><main><h1>${escaped(title)}</h1>
${body}</main></body></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
