import type { SettlementActivities, StretchEnd, Tally } from "#workflows/settlement/api.ts";

/** What was asked of the flow's activities, in order, with the cursor that each stretch began at. */
export interface ScriptedSettlement {
  readonly activities: SettlementActivities;
  readonly calls: string[];
}

/** A day of `pages` stretches of ten wallets, one provider, and one difference that becomes a case. */
export function scriptedSettlement(
  script: Partial<SettlementActivities> = {},
  pages = 2,
): ScriptedSettlement {
  const calls: string[] = [];
  const stretch = (after: string | null, tally: Tally): StretchEnd => {
    const page = Number(after ?? 0) + 1;
    const wallets = tally.compared.wallets + 10;
    return {
      after: page < pages ? String(page) : null,
      tally: { ...tally, compared: { ...tally.compared, wallets } },
    };
  };
  const happy: SettlementActivities = {
    openSettlement: async () => ({ wallets: 10 * pages, providers: ["stripe"] }),
    settleWallets: async ({ after, tally }) => stretch(after, tally),
    settleMessages: async ({ tally }) => ({ after: null, tally }),
    settleInvoices: async ({ tally }) => ({ after: null, tally }),
    settleProvider: async ({ tally }) => ({
      lines: [],
      tally: {
        ...tally,
        counts: { ...tally.counts, cases: tally.counts.cases + 1, byKind: { payment_unrecorded: 1 } },
      },
    }),
    issueReport: async () => ({ position: 7, hash: "ab".repeat(32), adjusted: 0, cases: 1 }),
    mailReport: async () => ({ kind: "accepted" }),
  };
  const told: {
    readonly [Name in keyof SettlementActivities]: (
      step: Parameters<SettlementActivities[Name]>[0],
    ) => string;
  } = {
    openSettlement: ({ day }) => `open ${day}`,
    settleWallets: ({ after }) => `wallets from ${after}`,
    settleMessages: () => "messages",
    settleInvoices: () => "invoices",
    settleProvider: ({ provider }) => provider,
    issueReport: ({ tally, unreachable }) =>
      `report of ${tally.compared.wallets}, without ${unreachable.join()}`,
    mailReport: () => "mail",
  };
  const steps = Object.entries({ ...happy, ...script }).map(([name, run]) => {
    const recorded = (step: never): Promise<unknown> => {
      calls.push((told[name as keyof SettlementActivities] as (step: never) => string)(step));
      return (run as (step: never) => Promise<unknown>)(step);
    };
    return [name, recorded] as const;
  });
  return { activities: Object.fromEntries(steps) as unknown as SettlementActivities, calls };
}
