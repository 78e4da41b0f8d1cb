import type { Mail } from "#domain/mail/ports.ts";
import { letter } from "./letter.ts";

export interface Welcome {
  readonly tenantId: string;
  readonly walletId: string;
  readonly name: string;
  readonly email: string;
  readonly currency: string;
  readonly apiKeyLast4: string;
  readonly smppSystemId: string | null;
}

/** Where a tenant finds the platform, as it is seen from outside. */
export interface Doors {
  /** "https://api.example.com" */
  readonly api: string;
  /** The API's reference, for browsers. */
  readonly reference: string;
  /** "smpp.example.com:2775" */
  readonly smpp: string;
}

/** Says how to begin, and shows no secret: the API key and the SMPP password went to whoever created the tenant. */
export function welcomeMail(welcome: Welcome, doors: Doors): Mail {
  const facts: [string, string][] = [
    ["Tenant", welcome.tenantId],
    ["Wallet", welcome.currency],
    ["REST API", doors.api],
    ["API key", `ends in ${welcome.apiKeyLast4}`],
  ];
  if (welcome.smppSystemId !== null) facts.push(["SMPP", doors.smpp], ["System id", welcome.smppSystemId]);
  return letter({
    // One per onboarding, whatever its attempts: a receiver recognises a repeat.
    messageId: `welcome.${welcome.walletId}@catalyst`,
    to: welcome.email,
    subject: `Welcome to Catalyst: ${welcome.tenantId} is open`,
    heading: "Welcome to Catalyst",
    name: welcome.name,
    paragraphs: ["your tenant is open and its first message can go out as soon as the wallet is topped up."],
    facts,
    example: { title: "Send a message:", lines: example(doors) },
    remark: SECRETS,
    link: { title: "API reference", url: doors.reference },
  });
}

const SECRETS =
  "Your API key and SMPP password were shown once, when the tenant was created. We keep only their hashes and never send them by mail. If you have lost one, replace it.";

function example(doors: Doors): string[] {
  return [
    `curl ${doors.api}/api/v2/messages \\`,
    `  -H "Authorization: Bearer $CATALYST_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"channel":"sms","from":"Catalyst","to":"+12025550123","text":"Hello"}'`,
  ];
}
