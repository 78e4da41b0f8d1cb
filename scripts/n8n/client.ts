import { setTimeout as sleep } from "node:timers/promises";

/** n8n's own REST routes, as its editor uses them, signed in. */
export interface N8nClient {
  get<Body>(path: string): Promise<Body>;
  post<Body>(path: string, body: unknown): Promise<Body>;
  patch<Body>(path: string, body: unknown): Promise<Body>;
  delete<Body>(path: string): Promise<Body>;
  /** The cookie that signs a browser in, as `name=value`. */
  readonly cookie: string;
}

export interface N8nOwner {
  readonly email: string;
  readonly password: string;
}

const readyMs = 60_000; // the routes come a few seconds after the health check

/** Signs in as the owner, who is made where there is none yet. Waits until n8n's routes are there. */
export async function signIn(base: string, { email, password }: N8nOwner): Promise<N8nClient> {
  const settings = await untilReady(base);
  const isNew = settings.data.userManagement.showSetupOnFirstLoad;
  const response = isNew
    ? await send(base, "POST", "/owner/setup", {
        email,
        password,
        firstName: "Catalyst",
        lastName: "Owner",
      })
    : await send(base, "POST", "/login", { emailOrLdapLoginId: email, password });
  await bodyOf(response);
  const cookie = response.headers.getSetCookie().find((one) => one.startsWith("n8n-auth="));
  if (cookie === undefined) throw new Error("n8n gave no cookie at the sign-in");
  return clientOf(base, cookie.split(";")[0] ?? "");
}

interface Settings {
  readonly data: { readonly userManagement: { readonly showSetupOnFirstLoad: boolean } };
}

async function untilReady(base: string): Promise<Settings> {
  const end = performance.now() + readyMs;
  for (;;) {
    const response = await send(base, "GET", "/settings").catch(() => undefined);
    const isJson = response?.headers.get("content-type")?.includes("application/json") ?? false;
    if (response?.ok && isJson) return (await response.json()) as Settings;
    await response?.body?.cancel();
    if (performance.now() > end) throw new Error(`${base} has no routes after ${readyMs} ms`);
    await sleep(200);
  }
}

function clientOf(base: string, cookie: string): N8nClient {
  const call = async <Body>(method: string, path: string, body?: unknown): Promise<Body> =>
    (await bodyOf(await send(base, method, path, body, cookie))) as Body;
  return {
    cookie,
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    patch: (path, body) => call("PATCH", path, body),
    delete: (path) => call("DELETE", path),
  };
}

function send(
  base: string,
  method: string,
  path: string,
  body?: unknown,
  cookie?: string,
): Promise<Response> {
  return fetch(`${base}/rest${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(cookie === undefined ? {} : { cookie }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** What stands in `data` of an answer. @throws Error with n8n's own words. */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok)
    throw new Error(`n8n answered ${response.status} to ${new URL(response.url).pathname}: ${text}`);
  return (JSON.parse(text) as { data: unknown }).data;
}
