import { type NativeConnection, type WorkflowBundleWithSourceMap } from "@temporalio/worker";
import { randomUUID } from "node:crypto";
import { createTemporalClient, type TemporalClient } from "#adapters/temporal/client.ts";
import { createOnboardingStarter, type OnboardingStarter } from "#adapters/temporal/onboarding.ts";
import {
  bundleFlows,
  connectWorker,
  createFlowsWorker,
  installTemporalRuntime,
} from "#adapters/temporal/worker.ts";
import { toConfig } from "#platform/config/config.ts";
import type { OnboardingActivities, OnboardingInput } from "#workflows/tenant-onboarding/api.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";

/** Temporal of the shared environment, with task queues of its own so that no other worker takes part. */
export interface FlowsEnvironment {
  readonly temporal: TemporalClient;
  readonly bundle: WorkflowBundleWithSourceMap;
  /** Runs `work` while a worker with these activities polls a fresh queue. */
  withWorker<Result>(
    activities: object,
    work: (starter: OnboardingStarter, taskQueue: string) => Promise<Result>,
    taskQueue?: string,
  ): Promise<Result>;
  starter(taskQueue: string): OnboardingStarter;
  close(): Promise<void>;
}

export async function attachFlowsEnvironment(): Promise<FlowsEnvironment> {
  installTemporalRuntime();
  const { variables } = await attachTestEnvironment();
  const config = toConfig(variables).temporal;
  const { address, namespace, payloadKeys } = config;
  const temporal = createTemporalClient(config);
  const connection: NativeConnection = await connectWorker(address);
  const bundle = await bundleFlows();
  return {
    temporal,
    bundle,
    starter: (taskQueue) => createOnboardingStarter(temporal, taskQueue),
    async withWorker(activities, work, taskQueue = `test-${randomUUID()}`) {
      const worker = await createFlowsWorker({
        connection,
        namespace,
        payloadKeys,
        activities,
        taskQueue,
        workflowBundle: bundle,
      });
      const running = worker.run();
      try {
        return await work(createOnboardingStarter(temporal, taskQueue), taskQueue);
      } finally {
        await worker.close();
        await running;
      }
    },
    async close() {
      await connection.close();
      await temporal.close();
    },
  };
}

/** Answers what a test has prepared, and keeps the names of the steps in the order in which they were called. */
export function scriptedActivities(script: Partial<OnboardingActivities> = {}): {
  readonly activities: OnboardingActivities;
  readonly calls: string[];
} {
  const calls: string[] = [];
  const happy: OnboardingActivities = {
    validateOnboarding: async () => {},
    createTenant: async () => {},
    attachRateCard: async () => {},
    activateTenant: async () => ({ revision: 3 }),
    sendWelcomeMail: async () => ({ kind: "accepted" }),
    mailKyc: async () => ({ kind: "accepted" }),
    registerCustomer: async () => ({ customerId: "cus_1" }),
    forgetCustomer: async () => {},
    scheduleInvoices: async () => {},
    unscheduleInvoices: async () => {},
    closeTenant: async () => {},
    detachRateCard: async () => {},
  };
  const steps = Object.entries({ ...happy, ...script }).map(([name, run]) => {
    const recorded = (argument: never): Promise<unknown> => {
      calls.push(name);
      return (run as (argument: never) => Promise<unknown>)(argument);
    };
    return [name, recorded] as const;
  });
  return { activities: Object.fromEntries(steps) as unknown as OnboardingActivities, calls };
}

export function onboardingOf(overrides: Partial<OnboardingInput> = {}): OnboardingInput {
  const tenantId = `T-${randomUUID()}`;
  return {
    tenantId,
    name: `Acme ${tenantId}`,
    email: "ops@acme.test",
    timezone: "America/New_York",
    country: "US",
    taxRate: "8",
    wallet: {
      walletId: randomUUID(),
      currency: "USD",
      kind: "prepaid",
      creditLimit: "0",
      thresholds: { low: "10", critical: "1" },
    },
    rateCardId: "RC-DEFAULT",
    trustedHints: false,
    firewall: { blockedKeywords: [], perDestinationPerMinute: null },
    apiKey: { hash: randomUUID().replaceAll("-", "").padEnd(64, "0"), last4: "wXyZ" },
    smppAccount: { systemId: randomUUID().slice(0, 15), passwordHash: "scrypt$16384$8$AAAA$AAAA" },
    actor: "owner",
    ...overrides,
  };
}
