import type {
  IDataObject,
  ILoadOptionsFunctions,
  INodeListSearchItems,
  INodeListSearchResult,
} from "n8n-workflow";
import { flows } from "../gateway/catalog";
import type { GatewayRequest } from "../gateway/call";
import { page } from "../gateway/pages";

/** With a filter, so many pages are looked through for one answer. */
const PAGES_MAX = 10;
const ENOUGH = 50;

type Search = (
  this: ILoadOptionsFunctions,
  filter?: string,
  paginationToken?: string,
) => Promise<INodeListSearchResult>;

/** A search over one of the gateway's lists. */
function searchOf(
  request: (context: ILoadOptionsFunctions) => GatewayRequest,
  show: (row: IDataObject) => INodeListSearchItems,
): Search {
  return async function (filter = "", paginationToken) {
    const results: INodeListSearchItems[] = [];
    let cursor = paginationToken ?? null;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const { data, next } = await page(this, request(this), cursor);
      results.push(...data.map(show).filter((one) => matches(one, filter)));
      cursor = next;
      if (cursor === null || filter === "" || results.length >= ENOUGH) break;
    }
    return { results, ...(cursor === null ? {} : { paginationToken: cursor }) };
  };
}

function matches({ name, value }: INodeListSearchItems, filter: string): boolean {
  return `${name} ${value}`.toLowerCase().includes(filter.toLowerCase());
}

/** A parameter of the node as it stands in the editor; empty where it is an expression or not there. */
export function current(context: ILoadOptionsFunctions, name: string): string {
  const value = context.getCurrentNodeParameter(name, { extractValue: true });
  return typeof value === "string" && !value.startsWith("=") ? value : "";
}

function ofTenant(context: ILoadOptionsFunctions): IDataObject {
  const tenantId = current(context, "tenantId");
  return tenantId === "" ? {} : { tenant_id: tenantId };
}

export async function searchWorkflows(
  this: ILoadOptionsFunctions,
  filter = "",
): Promise<INodeListSearchResult> {
  const starts = ["start", "startAndWait"].includes(current(this, "operation"));
  const all = (await flows(this)).filter(({ starters }) => !starts || starters.length > 0);
  const results = all.map(({ name, title }) => ({ name: `${title} (${name})`, value: name }));
  return { results: results.filter((one) => matches(one, filter)) };
}

export const searchTenants = searchOf(
  () => ({ url: "/api/v2/tenants" }),
  (row) => ({ name: `${row.name} (${row.tenant_id})`, value: String(row.tenant_id) }),
);

export const searchRuns = searchOf(
  (context) => {
    const workflow = current(context, "workflow");
    return {
      url: "/api/v2/workflows/runs",
      query: { ...ofTenant(context), ...(workflow === "" ? {} : { workflow }) },
    };
  },
  (row) => ({
    name: `${row.workflow_id} (${row.flow_status ?? row.status})`,
    value: String(row.workflow_id),
    url: String(row.url),
  }),
);

export const searchRateCards = searchOf(
  () => ({ url: "/api/v2/rate-cards" }),
  (row) => ({
    name: `${row.name} (${row.rate_card_id}, version ${row.version})`,
    value: String(row.rate_card_id),
  }),
);

export const searchSchedules = searchOf(
  () => ({ url: "/api/v2/schedules" }),
  (row) => ({
    name: `${row.schedule_id}${row.paused === true ? " (paused)" : ""}`,
    value: String(row.schedule_id),
    url: String(row.url),
  }),
);

export const searchInvoices = searchOf(
  (context) => ({ url: "/api/v2/invoices", query: ofTenant(context) }),
  (row) => ({
    name: `${row.number}: ${row.tenant_id}, ${row.total} ${row.currency}`,
    value: String(row.invoice_id),
  }),
);

export const searchFraudCases = searchOf(
  (context) => ({ url: "/api/v2/fraud-cases", query: ofTenant(context) }),
  (row) => ({
    name: `${row.case_id}: ${row.tenant_id}, ${row.pattern} (${row.status})`,
    value: String(row.case_id),
  }),
);
