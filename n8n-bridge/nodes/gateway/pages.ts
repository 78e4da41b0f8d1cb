import type { IDataObject } from "n8n-workflow";
import { call, type Caller, type GatewayRequest } from "./call";

/** Rows per request: the most that the gateway gives. */
const PAGE = 200;

interface Page {
  readonly data: IDataObject[];
  readonly next: string | null;
}

/** Rows of a list, page by page; `limit` null: all of them. */
export async function rows(
  caller: Caller,
  request: GatewayRequest,
  limit: number | null,
): Promise<IDataObject[]> {
  const found: IDataObject[] = [];
  let cursor: string | null = null;
  do {
    const left: number = limit === null ? PAGE : Math.min(PAGE, limit - found.length);
    const page: Page = await page_(caller, request, cursor, left);
    found.push(...page.data);
    cursor = page.next;
  } while (cursor !== null && (limit === null || found.length < limit));
  return found;
}

/** One page, for the editor's lists. */
export function page(caller: Caller, request: GatewayRequest, cursor: string | null): Promise<Page> {
  return page_(caller, request, cursor, PAGE);
}

function page_(caller: Caller, request: GatewayRequest, cursor: string | null, limit: number): Promise<Page> {
  const query = { ...request.query, limit, ...(cursor === null ? {} : { cursor }) };
  return call<Page>(caller, { ...request, query });
}
