import type { z } from "zod";
import { billingEvent } from "#domain/events/billing-event.ts";
import { firewallEvent } from "#domain/events/firewall-event.ts";
import { fraudAlert } from "#domain/events/fraud-alert.ts";
import { messageStatus } from "#domain/events/message-status.ts";
import { messageSubmitted } from "#domain/events/message-submitted.ts";
import { workflowTrigger } from "#domain/events/workflow-trigger.ts";

/** The shape of a topic's records: the last word of a messaging topic, or the topic itself. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  submitted: messageSubmitted,
  cleared: messageSubmitted,
  inbound: messageSubmitted,
  status: messageStatus,
  "firewall.events": firewallEvent,
  "billing.events": billingEvent,
  "fraud.alerts": fraudAlert,
  "workflow.triggers": workflowTrigger,
};

/**
 * Validates a record's JSON by its topic. Unknown fields are dropped, so that a newer release may add some.
 * @throws ZodError naming the field at fault.
 */
export function decodeEvent<Event>(topic: string, json: unknown): Event {
  const kind = topic.startsWith("messaging.") ? topic.slice(topic.lastIndexOf(".") + 1) : topic;
  const schema = SCHEMAS[kind];
  if (schema === undefined) throw new Error(`no schema for topic ${topic}`);
  return schema.parse(json) as Event;
}
