import { createCorrections } from "#adapters/postgres/corrections.ts";
import type { ChargeDifference } from "#adapters/postgres/message-charges.ts";
import type { Pool } from "#adapters/postgres/pool.ts";
import { repairProjection } from "#adapters/postgres/repair-projection.ts";
import type { Clock } from "#domain/clock.ts";
import { billingEventId, type UsageEvent } from "#domain/events/billing-event.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";
import type { Repairs } from "./reconcile.ts";

export interface RepairDependencies {
  readonly pool: Pool;
  readonly store: Pick<WalletStore, "rebuild">;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
  /** Stands in every entry. */
  readonly actor: string;
}

/** Repairs by posting: each is an entry or a billing event of a fixed id, so that two repairs at once mend once. */
export function createRepairs({ pool, store, publisher, clock, actor }: RepairDependencies): Repairs {
  const corrections = createCorrections(pool);
  return {
    async projection(walletId) {
      const repair = await repairProjection(pool, walletId, { actor, at: clock.now() });
      if (repair.kind === "entered") await store.rebuild(walletId);
      return repair.kind === "entered";
    },
    async cache(walletId) {
      await store.rebuild(walletId);
      return true;
    },
    async missingCharge(difference) {
      await publisher.publish([
        {
          topic: "billing.events",
          key: difference.walletId,
          value: JSON.stringify(missingEvent(difference)),
        },
      ]);
      return true;
    },
    async unexplainedCharge({ messageId, part }, eventId) {
      // The worker that posts corrections publishes it.
      const decision = await corrections.refund({
        correctionId: billingEventId(messageId, "refund.reconciliation", part),
        originalId: eventId,
        amount: null,
        reason: `reconciliation: part ${part} was not delivered`,
        actor,
        decidedAt: clock.now(),
      });
      return decision.kind === "decided";
    },
  };
}

function missingEvent(difference: ChargeDifference): UsageEvent {
  const {
    messageId,
    part,
    tenantId,
    walletId,
    country,
    operator,
    acceptedAt,
    at,
    hold,
    prefix,
    connector,
    requestSize,
  } = difference;
  return {
    v: 1,
    kind: "usage",
    id: billingEventId(messageId, "sms.delivered", part),
    tenantId,
    walletId,
    at,
    acceptedAt,
    eventType: "sms.delivered",
    messageId,
    part,
    channel: "sms",
    units: 1,
    country,
    operator,
    hold,
    ...(prefix === null ? {} : { prefix }),
    ...(connector === null ? {} : { connector }),
    ...(requestSize === null ? {} : { requestSize }),
  };
}
