/** Every channel the platform carries. Both RCS channels are rated under `rcs`. */
export const CHANNELS = [
  "sms",
  "ussd",
  "whatsapp",
  "telegram",
  "messenger",
  "instagram",
  "viber",
  "rcs-google",
  "rcs-custom",
  "xmpp",
] as const;

export type Channel = (typeof CHANNELS)[number];

export type MessagingTopicKind = "submitted" | "cleared" | "status" | "inbound";

/** `messaging.sms.submitted`, `messaging.rcs.google.status`, … */
export function messagingTopic(channel: Channel, kind: MessagingTopicKind): string {
  return `messaging.${channel.replace("-", ".")}.${kind}`;
}

/** The name under which a rate card prices the channel. */
export function ratingChannel(channel: Channel): string {
  return channel.startsWith("rcs-") ? "rcs" : channel;
}
