import type { Clock } from "#domain/clock.ts";
import { Poison } from "#domain/errors.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { EventPublisher, OutgoingRecord, StageHandler } from "#domain/events/ports.ts";
import type { VelocityCounter } from "#domain/firewall/ports.ts";
import { isFrozen } from "#domain/fraud/destinations.ts";
import type { FirewallRules } from "#domain/firewall/rules.ts";
import { block, EXPIRED, PASS, type Verdict } from "#domain/firewall/verdict.ts";
import type { Pseudonyms } from "#domain/privacy/ports.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import { createKeywordScreen } from "./keyword-screen.ts";
import { createVelocityScreen } from "./velocity-screen.ts";
import { verdictRecords } from "./verdict-records.ts";

export interface FirewallDependencies {
  readonly control: Pick<ControlView, "confirm" | "tenant">;
  /** The platform's rules now in force; the same object until they change. */
  readonly rules: () => FirewallRules;
  readonly velocity: VelocityCounter;
  readonly publisher: EventPublisher;
  readonly pseudonyms: Pseudonyms;
  readonly clock: Clock;
  /** Told of every verdict once it is durable, for metrics. */
  readonly onVerdict?: (message: MessageSubmitted, verdict: Verdict) => void;
}

/**
 * Judges submitted and inbound messages. Outbound: a pass goes on as messaging.<channel>.cleared; a block becomes a status and billing's
 * firewall.block. Inbound: the verdict is published, nothing is sent on. Every verdict goes to firewall.events.
 *
 * Fails closed: while the counter, the configuration or Kafka is away it throws Unavailable and nothing passes.
 * The same records again give the same verdicts as long as the rules and the counter's memory stand.
 */
export function createFirewallHandler(dependencies: FirewallDependencies): StageHandler<MessageSubmitted> {
  const { control, rules, publisher, clock, onVerdict } = dependencies;
  const keywords = createKeywordScreen();
  const velocity = createVelocityScreen(dependencies.velocity, dependencies.pseudonyms);

  return async (records) => {
    if (records.length === 0) return;
    await control.confirm();
    const now = clock.now();
    const ruleSet = rules();
    const verdicts: Verdict[] = [];
    const counted: number[] = [];
    for (const [index, { event }] of records.entries()) {
      const verdict = screenText(event, ruleSet, now);
      if (verdict === PASS) counted.push(index);
      verdicts.push(verdict);
    }
    const messages = counted.map((index) => records[index]!.event);
    const beyond = await velocity.judge(messages, ruleSet, (tenantId) => control.tenant(tenantId));
    for (const [position, rule] of beyond.entries()) {
      if (rule !== null) verdicts[counted[position]!] = block(rule, rule.replace("_", "."), "medium");
    }
    const outgoing: OutgoingRecord[] = [];
    for (const [index, { event }] of records.entries()) {
      verdictRecords(event, verdicts[index]!, now, outgoing);
    }
    await publisher.publish(outgoing);
    if (onVerdict === undefined) return;
    for (const [index, { event }] of records.entries()) onVerdict(event, verdicts[index]!);
  };

  function screenText(event: MessageSubmitted, ruleSet: FirewallRules, now: number): Verdict {
    if (event.type === "message.cleared") throw new Poison("A cleared message came to the firewall again");
    if (event.direction === "outbound" && event.expiresAt <= now) return EXPIRED;
    const tenant = control.tenant(event.tenantId);
    // The feed has just been confirmed: nobody knows this tenant's rules, and without them nothing may pass.
    if (tenant === undefined) throw new Poison(`Tenant ${event.tenantId} is not known`);
    // It was accepted before the destination was frozen, and has not been sent yet.
    if (event.direction === "outbound" && isFrozen(tenant.frozenDestinations, event.to, [event.country]))
      return block("destination_frozen", "fraud.frozen", "high");
    const rule = keywords.find(event, ruleSet, tenant);
    return rule === null ? PASS : block("keyword", rule.id, rule.severity);
  }
}
