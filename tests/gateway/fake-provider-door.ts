import type { HandedOn, PaymentProviderName, ProviderEvent } from "#domain/payments/ports.ts";
import type { ProviderDoor, WebhookOutcome } from "#gateway/rest/dependencies.ts";

/** The door of webhooks over an inbox in memory. */
export interface FakeProviderDoor extends ProviderDoor {
  readonly webhooks: ProviderDoor["webhooks"];
  readonly stored: Map<string, { readonly event: ProviderEvent; outcome: HandedOn | null }>;
  readonly told: ProviderEvent[];
  readonly counted: [PaymentProviderName, WebhookOutcome][];
  /** What the inbox and the flows do instead of working. */
  failure: { accept?: Error; changed?: Error };
}

export function fakeProviderDoor(webhooks: ProviderDoor["webhooks"] = {}): FakeProviderDoor {
  const keyOf = ({
    provider,
    providerEventId,
  }: Pick<ProviderEvent, "provider" | "providerEventId">): string => `${provider} ${providerEventId}`;
  const door: FakeProviderDoor = {
    webhooks,
    stored: new Map(),
    told: [],
    counted: [],
    failure: {},
    events: {
      async accept(event) {
        if (door.failure.accept !== undefined) throw door.failure.accept;
        if (door.stored.has(keyOf(event))) return "known";
        door.stored.set(keyOf(event), { event, outcome: null });
        return "new";
      },
      async handedOn(event, outcome) {
        door.stored.get(keyOf(event))!.outcome = outcome;
      },
      async waiting(_ageMs, limit) {
        const waiting = [...door.stored.values()].filter(({ outcome }) => outcome === null);
        return waiting.slice(0, limit).map(({ event }) => event);
      },
    },
    signals: {
      async changed(event) {
        if (door.failure.changed !== undefined) throw door.failure.changed;
        door.told.push(event);
        return event.paymentId === "nobody's" ? "unknown" : "told";
      },
    },
    count: (provider, outcome) => void door.counted.push([provider, outcome]),
  };
  return door;
}
