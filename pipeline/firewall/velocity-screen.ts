import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { VelocityCounter, VelocityRequest } from "#domain/firewall/ports.ts";
import type { FirewallRules } from "#domain/firewall/rules.ts";
import type { Pseudonyms } from "#domain/privacy/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";

export type VelocityRule = "velocity_destination" | "velocity_sender";

export interface VelocityScreen {
  /** For each message the rule it goes beyond, or null; one round trip for all, none where no limit applies. */
  judge(
    messages: readonly MessageSubmitted[],
    rules: FirewallRules,
    tenantOf: (tenantId: string) => TenantConfiguration | undefined,
  ): Promise<readonly (VelocityRule | null)[]>;
}

interface Asked {
  readonly position: number;
  readonly rule: VelocityRule;
}

/** Counts belong to one tenant: no tenant can use up what another may send to the same destination. */
export function createVelocityScreen(counter: VelocityCounter, pseudonyms: Pseudonyms): VelocityScreen {
  return {
    async judge(messages, rules, tenantOf) {
      const requests: VelocityRequest[] = [];
      const asked: Asked[] = [];
      const ask = (
        position: number,
        message: MessageSubmitted,
        rule: VelocityRule,
        limit: number | null,
      ): void => {
        if (limit === null) return;
        const address = rule === "velocity_destination" ? message.to : message.from;
        const scope = `${rule}.${message.direction}`;
        const key = pseudonyms.of(scope, message.tenantId, address);
        requests.push({ key, messageId: message.messageId, limit, at: message.acceptedAt });
        asked.push({ position, rule });
      };
      for (const [position, message] of messages.entries()) {
        const limits = rules.velocity[message.direction];
        const own = tenantOf(message.tenantId)?.firewall.perDestinationPerMinute ?? null;
        const outbound = message.direction === "outbound";
        const perDestination = (outbound ? own : null) ?? limits.perDestinationPerMinute;
        ask(position, message, "velocity_destination", perDestination);
        ask(position, message, "velocity_sender", limits.perSenderPerMinute);
      }
      const beyond: (VelocityRule | null)[] = messages.map(() => null);
      if (requests.length === 0) return beyond;
      const within = await counter.count(requests);
      for (const [index, { position, rule }] of asked.entries()) {
        if (within[index] !== true) beyond[position] ??= rule;
      }
      return beyond;
    },
  };
}
