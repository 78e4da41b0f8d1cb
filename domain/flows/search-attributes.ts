/**
 * What durable flows can be searched by in the Web UI. The server must know them before the first flow starts
 * (temporal-config/apply.ts). They are never encrypted: no phone number, no mail address.
 */
export const TENANT_ID = { name: "TenantId", type: "KEYWORD" } as const;
/** How far a flow is, in its own words ("welcoming"). */
export const FLOW_STATUS = { name: "FlowStatus", type: "KEYWORD" } as const;

export const SEARCH_ATTRIBUTES = [TENANT_ID, FLOW_STATUS] as const;
