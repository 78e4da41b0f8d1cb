import { escape } from "./http-door.ts";

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem; color: #1c2733; background: #f6f8fa }
  h1 { font-size: 1.4rem } table { border-collapse: collapse; width: 100%; background: #fff } td, th { text-align: left; padding: .4rem .7rem; border: 1px solid #d5dde5 }
  .note { background: #fff1d6; color: #7a4d00; border-radius: 6px; padding: .5rem .8rem } form { display: inline-block; margin: .5rem .5rem .5rem 0 }
  button { font: inherit; padding: .5rem 1.2rem; border-radius: 6px; border: 1px solid #8597a8; cursor: pointer } .main { background: #1f6f43; color: #fff; border-color: #1f6f43 }`;

/** A page of a simulator: always says that it is one. */
export function page(simulator: string, title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)} – ${escape(simulator)}</title><style>${style}</style>
<h1>${escape(title)}</h1>
<p class="note">${escape(simulator)}: made for development and tests. No money moves here, whatever the page says.</p>
${body}
</html>`;
}

export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "<p>Nothing yet.</p>";
  const cells = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${cells(head, "th")}${rows.map((row) => cells(row, "td")).join("")}</table>`;
}

/** A button that posts to `action`. */
export function button(action: string, label: string, main = false): string {
  return `<form method="post" action="${escape(action)}"><button${main ? ' class="main"' : ""}>${escape(label)}</button></form>`;
}
