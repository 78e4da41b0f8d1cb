import { z } from "zod";
import { CHANNELS } from "../messages/channels.ts";

/** The firewall's verdict on one message, on firewall.events keyed by conversation. No number, no text. */
export const firewallEvent = z.object({
  v: z.literal(1),
  type: z.literal("firewall.verdict"),
  messageId: z.string(),
  tenantId: z.string(),
  channel: z.enum(CHANNELS),
  direction: z.enum(["outbound", "inbound"]),
  conversation: z.string(),
  verdict: z.enum(["pass", "block"]),
  /** Of the destination: ISO 3166-1 alpha-2, and the leading digits without the last four; absent where unknown. */
  country: z.string().optional(),
  prefix: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional(),
  /** Why ("keyword", "velocity"), absent on a pass. */
  code: z.string().optional(),
  ruleId: z.string().optional(),
  reason: z.string().optional(),
  at: z.number().int(),
});

export type FirewallEvent = z.infer<typeof firewallEvent>;
