/** A REST client of the gateway that throws with the problem's own words. */
export interface Rest {
  get<Body>(path: string): Promise<Body>;
  post<Body>(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Body>;
  patch<Body>(path: string, body: unknown): Promise<Body>;
  /** Anything but JSON: a PDF. */
  bytes(path: string): Promise<Uint8Array>;
  delete<Body>(path: string): Promise<Body>;
}

export function createRest(base: string, token: string): Rest {
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const call = async <Body>(...request: Parameters<typeof send>): Promise<Body> =>
    (await (await send(...request)).json()) as Body;
  return {
    get: (path) => call("GET", path),
    post: (path, body, headers) => call("POST", path, body, headers),
    patch: (path, body) => call("PATCH", path, body),
    bytes: async (path) => new Uint8Array(await (await send("GET", path)).arrayBuffer()),
    delete: (path) => call("DELETE", path),
  };
}
