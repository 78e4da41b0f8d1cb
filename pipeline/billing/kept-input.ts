import type { UsageEvent } from "#domain/events/billing-event.ts";
import { formatPercent, type Percent } from "#domain/money/percent.ts";

/**
 * A charge's trace as the ledger keeps it, with what of the event its card may not have looked at under `in`: another card, under
 * which the charge is priced again later, may.
 */
export function keptTrace(
  traceText: string,
  event: UsageEvent,
  contract: string | null,
  load: Percent | null,
): string {
  const { prefix, attributes, requestSize } = event;
  // Plain events have nothing to keep, and there are many of them.
  if (
    prefix === undefined &&
    attributes === undefined &&
    requestSize === undefined &&
    load === null &&
    contract === null
  )
    return traceText;
  const kept = {
    prefix,
    attributes: attributes !== undefined && Object.keys(attributes).length > 0 ? attributes : undefined,
    requestSize: requestSize === 1 ? undefined : requestSize,
    load: load === null ? undefined : formatPercent(load),
    contract: contract ?? undefined,
  };
  const json = JSON.stringify(kept);
  return json === "{}" ? traceText : `${traceText.slice(0, -1)},"in":${json}}`;
}
