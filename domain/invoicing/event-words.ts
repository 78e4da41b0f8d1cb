const CHANNELS: Readonly<Record<string, string>> = {
  sms: "SMS",
  ussd: "USSD",
  whatsapp: "WhatsApp",
  telegram: "Telegram",
  messenger: "Messenger",
  instagram: "Instagram",
  viber: "Viber",
  rcs: "RCS",
  xmpp: "XMPP",
  firewall: "SMS firewall",
  api: "API",
  storage: "Storage",
  bandwidth: "Bandwidth",
  compute: "Compute",
};

const EVENTS: Readonly<Record<string, string>> = {
  "sms.mo.inbound": "SMS inbound",
  "sms.dlr.callback": "SMS delivery receipt",
  "storage.gb": "Storage, GB",
  "bandwidth.gb": "Bandwidth, GB",
  "compute.cpu_hour": "Compute, CPU hours",
};

/** "sms.delivered" is "SMS delivered". */
export function eventWords(eventType: string): string {
  const known = EVENTS[eventType];
  if (known !== undefined) return known;
  const [channel = "", ...rest] = eventType.split(".");
  const words = rest.join(" ").replaceAll("_", " ");
  return `${CHANNELS[channel] ?? channel} ${words}`.trimEnd();
}

export function channelOf(eventType: string): string {
  return eventType.split(".", 1)[0] ?? "";
}
