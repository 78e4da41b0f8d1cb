import type { Clock } from "#domain/clock.ts";
import { billingEventId, type UsageEvent } from "#domain/events/billing-event.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import { type ChargeDifference, chargeEventId } from "#domain/settlement/message-check.ts";
import type { BookRepairs, ProjectionRepair } from "#domain/settlement/ports.ts";
import type { Corrections } from "#domain/wallet/corrections.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";

export interface RepairDependencies {
  readonly repairProjection: (
    walletId: string,
    by: { readonly actor: string; readonly at: number },
  ) => Promise<ProjectionRepair>;
  readonly corrections: Pick<Corrections, "refund">;
  readonly store: Pick<WalletStore, "rebuild">;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
  /** Stands in every entry. */
  readonly actor: string;
}

/** Repairs by posting: each is an entry or a billing event of a fixed id, so that two repairs at once mend once. */
export function createRepairs(dependencies: RepairDependencies): BookRepairs {
  const { repairProjection, corrections, store, publisher, clock, actor } = dependencies;
  return {
    async projection(walletId) {
      const repair = await repairProjection(walletId, { actor, at: clock.now() });
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
    async unexplainedCharge(difference) {
      const { messageId, part } = difference;
      // The worker that posts corrections publishes it.
      const decision = await corrections.refund({
        correctionId: billingEventId(messageId, "refund.reconciliation", part),
        originalId: chargeEventId(difference),
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
    id: chargeEventId(difference),
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
