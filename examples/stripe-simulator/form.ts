/** A parameter of Stripe's form encoding: text, a list (`a[]=1`, `a[0]=1`) or an object (`a[b]=1`). */
export type Param = string | Param[] | Params;
export interface Params {
  [name: string]: Param;
}

const DEPTH_MAX = 8;

/** Reads `application/x-www-form-urlencoded` with brackets, as Stripe does. Lists come out as lists where every key is a number. */
export function parseForm(text: string): Params {
  const root: Params = Object.create(null) as Params;
  for (const [name, value] of new URLSearchParams(text)) put(root, pathOf(name), value);
  return lists(root) as Params;
}

function pathOf(name: string): string[] {
  const [head = "", ...rest] = name.split("[");
  return [head, ...rest.map((part) => part.replace(/\]$/, ""))].slice(0, DEPTH_MAX);
}

function put(target: Params, [head = "", ...rest]: string[], value: string): void {
  const key = head === "" ? String(Object.keys(target).length) : head;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const known = target[key];
  const inner: Params =
    typeof known === "object" && !Array.isArray(known) ? known : (Object.create(null) as Params);
  target[key] = inner;
  put(inner, rest, value);
}

function lists(param: Param): Param {
  if (typeof param === "string" || Array.isArray(param)) return param;
  const entries = Object.entries(param).map(([name, value]) => [name, lists(value)] as const);
  const numbered = entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name));
  return numbered ? entries.map(([, value]) => value) : Object.fromEntries<Param>(entries);
}

export function text(params: Params, name: string): string | null {
  const value = params[name];
  return typeof value === "string" && value !== "" ? value : null;
}

export function object(params: Params, name: string): Params {
  const value = params[name];
  return typeof value === "object" && !Array.isArray(value) ? value : {};
}

export function textList(params: Params, name: string): string[] {
  const value = params[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** Metadata: every value is text. */
export function metadata(params: Params, name = "metadata"): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object(params, name)).filter((entry): entry is [string, string] => {
      return typeof entry[1] === "string";
    }),
  );
}
