import { CHANNELS } from "#domain/messages/channels.ts";

/** Everything that a rate card can price: the ten channels, `rcs` for both RCS, and the platform's own services. */
const PLATFORM_CHANNELS = ["firewall", "api", "storage", "bandwidth", "compute"] as const;
export const RATING_CHANNELS: readonly string[] = [...CHANNELS, "rcs", ...PLATFORM_CHANNELS];

/** The event that a channel's base_rate prices, where it is not `<channel>.send`. */
const PRINCIPAL_EVENTS: Readonly<Record<string, string>> = {
  sms: "sms.delivered",
  ussd: "ussd.session.initiated",
  firewall: "firewall.scan",
  api: "api.calls",
  storage: "storage.gb",
  bandwidth: "bandwidth.gb",
  compute: "compute.cpu_hour",
};

/** What the platform itself emits, after the guide's "Event Types"; the other channels follow WhatsApp's list. */
const KNOWN_EVENTS: Readonly<Record<string, readonly string[]>> = {
  sms: ["submit", "delivered", "failed", "expired", "mo.inbound", "dlr.callback"],
  ussd: ["session.initiated", "session.completed", "response.sent", "menu.action", "timeout", "error"],
  firewall: ["scan", "block", "threat_detected", "subscription"],
  api: ["calls"],
  storage: ["gb"],
  bandwidth: ["gb"],
  compute: ["cpu_hour"],
};
const CONVERSATION_EVENTS = [
  "send",
  "media",
  "template",
  "interactive",
  "read",
  "delivered",
  "failed",
  "expired",
  "inbound",
];

const ALIASES: Readonly<Record<string, string>> = { "sms.deliver": "sms.delivered" };

/** The one name under which an event is priced, stored and shown: `sms.deliver` is `sms.delivered`. */
export function canonicalEventType(eventType: string): string {
  return ALIASES[eventType] ?? eventType;
}

/** The event that the channel's base_rate prices and its time bands, operators and destinations bear on. */
export function principalEvent(channel: string): string {
  return PRINCIPAL_EVENTS[channel] ?? `${channel}.send`;
}

/** The event types of a channel, in full ("sms.submit", …). */
export function knownEventTypes(channel: string): readonly string[] {
  return (KNOWN_EVENTS[channel] ?? CONVERSATION_EVENTS).map((name) => `${channel}.${name}`);
}

/** Whether the channel's priced events count into the month's volume and get its discount: messages do, the platform's services do not. */
export function hasVolumeDiscount(channel: string): boolean {
  return !(PLATFORM_CHANNELS as readonly string[]).includes(channel);
}
