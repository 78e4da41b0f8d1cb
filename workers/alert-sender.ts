import { loadNumberRanges } from "#adapters/number-ranges/number-ranges.ts";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import type { AlertSender } from "#activities/balance-alerts.ts";
import type { Submission } from "#domain/messages/submission.ts";
import { createPseudonyms } from "#platform/pseudonyms.ts";
import { createIngress } from "#pipeline/ingress/accept.ts";
import type { Ingress } from "#pipeline/ingress/ingress.ts";
import { startControlFeed } from "./control-feed.ts";
import type { ProcessContext } from "./process-context.ts";
import { openRedis } from "./redis.ts";

/** The platform's own tenant at an ingress of this process, opened with the first alert; null where it has none. */
export function createAlertSender(context: ProcessContext): AlertSender | null {
  const { tenantId, sender } = context.config.alerts;
  if (tenantId === null) return null;
  let opening: Promise<Ingress> | undefined;
  const opened = (): Promise<Ingress> => {
    opening ??= openIngress(context).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    tenantId,
    from: sender,
    async submit(submission: Submission) {
      const [outcome] = await (await opened()).accept([submission]);
      if (outcome === undefined) throw new Error("ingress gave no outcome");
      return outcome;
    },
  };
}

async function openIngress(context: ProcessContext): Promise<Ingress> {
  const { config, pool, publisher, clock } = context;
  return createIngress({
    control: await startControlFeed(context),
    wallets: createWalletStore(openRedis(context), createLedger(pool)),
    publisher,
    clock,
    ranges: await loadNumberRanges(),
    pseudonyms: createPseudonyms(config.secretKey),
    channels: new Set(["sms"]),
  });
}
