import { z } from "zod";
import { parsePercent } from "#domain/money/percent.ts";

/**
 * How busy the platform is, as its operator's monitor says, on control.rules keyed `load:<validFrom>`. It holds for events from `validFrom`
 * until the next one does, so that an event has one load wherever and whenever it is rated.
 */
export const loadSignal = z.object({
  v: z.literal(1),
  type: z.literal("load_signal"),
  /** Decimal string from 0 to 1000. */
  percent: z.string().refine((text) => parsePercent(text) !== null, "must be a percentage"),
  /** Who says so: "prometheus", "noc". */
  source: z.string().min(1).max(60),
  /** Epoch ms, two seconds after it was stored at the earliest: by then every process knows it. */
  validFrom: z.number().int(),
});

export type LoadSignal = z.infer<typeof loadSignal>;

/** Key of a signal's record on control.rules. */
export function loadKey({ validFrom }: LoadSignal): string {
  return `load:${validFrom}`;
}
