import { createHash } from "crypto";
import type { IDataObject } from "n8n-workflow";

/** Deliveries that are remembered. n8n writes them to its database with every event, so they are few and short: some 16 kB. */
export const REMEMBERED_MAX = 1_000;
/** 72 bits of a hash: enough to tell a thousand ids apart. */
const MARK_LENGTH = 12;

/** What the node keeps in the workflow's static data. */
export interface Registration {
  readonly endpointId: string;
  /** Shown by the gateway once. */
  readonly secret: string;
}

export function registrationIn(data: IDataObject): Registration | null {
  const { endpointId, secret } = data;
  return typeof endpointId === "string" && typeof secret === "string" ? { endpointId, secret } : null;
}

export function keepRegistration(data: IDataObject, { endpointId, secret }: Registration): void {
  data.endpointId = endpointId;
  data.secret = secret;
}

/** The ids stay: what was handled before is not handled again by a workflow that is published once more. */
export function forgetRegistration(data: IDataObject): void {
  delete data.endpointId;
  delete data.secret;
}

/**
 * What each endpoint was delivered in the life of this process. n8n 2.40 throws away what a webhook writes into static data when it starts the
 * execution in the same process; in queue mode it keeps it.
 */
const deliveredHere = new Map<string, readonly string[]>();

/** Whether this delivery is new; remembers it. */
export function isNew(data: IDataObject, deliveryId: string): boolean {
  const mark = createHash("sha256").update(deliveryId).digest("base64url").slice(0, MARK_LENGTH);
  const kept = Array.isArray(data.delivered) ? (data.delivered as string[]) : [];
  const endpointId = String(data.endpointId);
  const here = deliveredHere.get(endpointId) ?? [];
  if (kept.includes(mark) || here.includes(mark)) return false;
  deliveredHere.set(endpointId, [...here, mark].slice(-REMEMBERED_MAX));
  // A new list: n8n sees by the assignment that there is something to save.
  data.delivered = [...kept, mark].slice(-REMEMBERED_MAX);
  return true;
}
