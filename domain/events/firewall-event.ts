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
  /** Why ("keyword", "velocity"), absent on a pass. */
  code: z.string().optional(),
  ruleId: z.string().optional(),
  reason: z.string().optional(),
  at: z.number().int(),
});

export type FirewallEvent = z.infer<typeof firewallEvent>;
