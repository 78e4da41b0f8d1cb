import { randomUUID } from "node:crypto";
import type { LowBalanceActivities } from "#workflows/low-balance/api.ts";
import type { SuspensionActivities, SuspensionInput } from "#workflows/suspension/api.ts";

export type BillingActivities = LowBalanceActivities & SuspensionActivities;

/** What was asked of the flows' activities, in order: the mails by kind, the service on or off. */
export interface ScriptedBilling {
  readonly activities: BillingActivities;
  readonly calls: string[];
}

/** A tenant whose cause holds until `due` says otherwise, and whose balance is below `below`. */
export function scriptedBilling(script: Partial<BillingActivities> = {}): ScriptedBilling {
  const calls: string[] = [];
  const happy: BillingActivities = {
    suspensionStanding: async () => ({ due: true, because: "it is" }),
    setService: async () => ({ changed: true }),
    mailSuspension: async () => ({ kind: "accepted" }),
    balanceStanding: async () => ({ balance: "0.5", below: ["low"], suspension: null }),
    mailBalance: async () => ({ kind: "accepted" }),
    textBalance: async () => ({ sent: 1, refused: [] }),
    postBalance: async () => ({ kind: "stored" }),
    rechargeDue: async () => ({ kind: "due", waitMs: 60_000 }),
    admitRecharge: async () => ({ kind: "none", because: "the balance has recovered" }),
    mailBreaker: async () => ({ kind: "accepted" }),
  };
  const told: {
    readonly [Name in keyof BillingActivities]: (step: Parameters<BillingActivities[Name]>[0]) => string;
  } = {
    suspensionStanding: () => "ask",
    setService: ({ on, actor }) => `${on ? "on" : "off"} by ${actor}`,
    mailSuspension: ({ kind }) => `mail ${kind}`,
    balanceStanding: () => "ask",
    mailBalance: ({ kind }) => `mail ${kind}`,
    textBalance: ({ kind }) => `text ${kind}`,
    postBalance: ({ kind }) => `post ${kind}`,
    rechargeDue: () => "due?",
    admitRecharge: () => "admit?",
    mailBreaker: ({ opening }) => `mail breaker ${opening}`,
  };
  const steps = Object.entries({ ...happy, ...script }).map(([name, run]) => {
    const recorded = (step: never): Promise<unknown> => {
      calls.push((told[name as keyof BillingActivities] as (step: never) => string)(step));
      return (run as (step: never) => Promise<unknown>)(step);
    };
    return [name, recorded] as const;
  });
  return { activities: Object.fromEntries(steps) as unknown as BillingActivities, calls };
}

export function suspensionOf(overrides: Partial<SuspensionInput> = {}): SuspensionInput {
  return {
    tenantId: `T-${randomUUID()}`,
    cause: "critical_balance",
    walletId: randomUUID(),
    graceSeconds: 0,
    reason: "the balance is critical",
    actor: "billing",
    ...overrides,
  };
}
