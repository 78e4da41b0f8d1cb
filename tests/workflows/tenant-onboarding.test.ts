import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ApplicationFailure } from "@temporalio/common";
import { randomUUID } from "node:crypto";
import { createTemporalClient } from "#adapters/temporal/client.ts";
import { createOnboardingStarter } from "#adapters/temporal/onboarding.ts";
import { Unavailable } from "#domain/errors.ts";
import {
  onboardingWorkflowId,
  type OnboardingActivities,
  type OnboardingInput,
} from "#workflows/tenant-onboarding/api.ts";
import {
  attachFlowsEnvironment,
  onboardingOf,
  scriptedActivities,
  type FlowsEnvironment,
} from "./flows-environment.ts";

let flows: FlowsEnvironment;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
});
afterAll(() => flows.close());

const WAIT_MS = 20_000;
const STEPS = [
  "validateOnboarding",
  "createTenant",
  "attachRateCard",
  "scheduleInvoices",
  "activateTenant",
  "sendWelcomeMail",
];

const final = (type: string, field: string, reason: string): (() => Promise<never>) => {
  const details = [[{ field, reason }]];
  return () =>
    Promise.reject(
      ApplicationFailure.create({ type, nonRetryable: true, message: `${field} ${reason}`, details }),
    );
};

/** A promise and its settling from outside: a gate for an activity. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function described(input: OnboardingInput) {
  return flows.temporal.client.workflow.getHandle(onboardingWorkflowId(input.tenantId)).describe();
}

describe("an onboarding", () => {
  test("goes through its steps in order and tells the Web UI about it", async () => {
    const { activities, calls } = scriptedActivities();
    const input = onboardingOf();
    const outcome = await flows.withWorker(activities, async (starter) => {
      const result = await starter.onboard(input, WAIT_MS);
      const metadata = await flows.temporal.client.workflow
        .getHandle(onboardingWorkflowId(input.tenantId))
        .query<{ currentDetails: string }>("__temporal_workflow_metadata");
      expect(metadata.currentDetails).toContain("✅ welcome mail handed to the mail server");
      expect(metadata.currentDetails).toContain("**The tenant is open.**");
      return result;
    });
    expect(outcome).toEqual({
      kind: "completed",
      workflowId: `onboarding-${input.tenantId}`,
      url: expect.stringContaining(`/namespaces/default/workflows/onboarding-${input.tenantId}`),
      output: {
        tenantId: input.tenantId,
        walletId: input.wallet.walletId,
        revision: 3,
        welcomeMail: "accepted",
      },
    });
    expect(calls).toEqual(STEPS);
    const description = await described(input);
    await expect(description.staticSummary()).resolves.toBe(`Onboard ${input.tenantId}`);
    const attributes = description.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(attributes).toEqual(
      expect.arrayContaining([
        ["TenantId", input.tenantId],
        ["FlowStatus", "completed"],
      ]),
    );
  });

  test("skips what was not asked for: a rate card, a mail", async () => {
    const { activities, calls } = scriptedActivities();
    const outcome = await flows.withWorker(activities, (starter) =>
      starter.onboard(onboardingOf({ rateCardId: null, email: null, smppAccount: null }), WAIT_MS),
    );
    expect(outcome).toMatchObject({ kind: "completed", output: { welcomeMail: "none" } });
    expect(calls).toEqual(["validateOnboarding", "createTenant", "scheduleInvoices", "activateTenant"]);
  });

  test("tries a step again whose server is away", async () => {
    let attempts = 0;
    const { activities, calls } = scriptedActivities({
      createTenant: async () => {
        attempts += 1;
        if (attempts === 1) throw new Unavailable("postgres");
      },
    });
    const outcome = await flows.withWorker(activities, (starter) => starter.onboard(onboardingOf(), WAIT_MS));
    expect(outcome.kind).toBe("completed");
    expect(calls).toEqual(["validateOnboarding", "createTenant", "createTenant", ...STEPS.slice(2)]);
  });

  test("shows no secret and no mail address where a list shows it", async () => {
    const { activities } = scriptedActivities();
    const input = onboardingOf({ email: "canary@acme.test" });
    await flows.withWorker(activities, (starter) => starter.onboard(input, WAIT_MS));
    const description = await described(input);
    const shown = JSON.stringify([
      description.workflowId,
      description.memo,
      description.typedSearchAttributes.getAll(),
      await description.staticSummary(),
      await description.staticDetails(),
    ]);
    expect(shown).not.toContain("canary");
  });
});

describe("a step that fails for good", () => {
  const cases: [string, Partial<OnboardingActivities>, string[]][] = [
    ["validateOnboarding", { validateOnboarding: final("Validation", "country", "is wrong") }, []],
    ["createTenant", { createTenant: final("Validation", "country", "is wrong") }, ["closeTenant"]],
    [
      "attachRateCard",
      { attachRateCard: final("Validation", "country", "is wrong") },
      ["detachRateCard", "closeTenant"],
    ],
    [
      "activateTenant",
      { activateTenant: final("Validation", "country", "is wrong") },
      ["unscheduleInvoices", "detachRateCard", "closeTenant"],
    ],
  ];
  test.each(cases)(
    "%s: what came before is undone in reverse, and the reason is told",
    async (step, script, undone) => {
      const { activities, calls } = scriptedActivities(script);
      const input = onboardingOf();
      const outcome = await flows.withWorker(activities, (starter) => starter.onboard(input, WAIT_MS));
      expect(outcome).toEqual({ kind: "refused", problems: [{ path: "country", message: "is wrong" }] });
      expect(calls).toEqual([...STEPS.slice(0, STEPS.indexOf(step) + 1), ...undone]);
      const attributes = (await described(input)).typedSearchAttributes.getAll();
      expect(attributes.find(({ key }) => key.name === "FlowStatus")?.value).toBe("failed");
    },
  );

  test("an undoing whose server is away is tried until it is done", async () => {
    let attempts = 0;
    const { activities, calls } = scriptedActivities({
      attachRateCard: final("Validation", "rateCardId", "is no rate card"),
      closeTenant: async () => {
        attempts += 1;
        if (attempts === 1) throw new Unavailable("postgres");
      },
    });
    await flows.withWorker(activities, (starter) => starter.onboard(onboardingOf(), WAIT_MS));
    expect(calls.slice(3)).toEqual(["detachRateCard", "closeTenant", "closeTenant"]);
  });

  test("a taken tenant id is told apart from a wrong field", async () => {
    const { activities } = scriptedActivities({ createTenant: final("Conflict", "tenantId", "is taken") });
    const outcome = await flows.withWorker(activities, (starter) => starter.onboard(onboardingOf(), WAIT_MS));
    expect(outcome).toEqual({ kind: "exists" });
  });

  test("a mail that is refused closes nothing: the tenant is open by then", async () => {
    const { activities, calls } = scriptedActivities({
      sendWelcomeMail: async () => ({ kind: "refused", reason: "the mail server answered 550 to RCPT TO" }),
    });
    const outcome = await flows.withWorker(activities, (starter) => starter.onboard(onboardingOf(), WAIT_MS));
    expect(outcome).toMatchObject({ kind: "completed", output: { welcomeMail: "refused" } });
    expect(calls).toEqual(STEPS);
  });

  test("one that failed may be started again under the same id", async () => {
    let attempts = 0;
    const { activities } = scriptedActivities({
      attachRateCard: async () => {
        attempts += 1;
        if (attempts === 1) await final("Validation", "rateCardId", "is no rate card")();
      },
    });
    const input = onboardingOf();
    await flows.withWorker(activities, async (starter) => {
      await expect(starter.onboard(input, WAIT_MS)).resolves.toMatchObject({ kind: "refused" });
      await expect(starter.onboard(input, WAIT_MS)).resolves.toMatchObject({ kind: "completed" });
    });
  });
});

describe("cancelled by a person", () => {
  test("before the tenant is open everything is undone", async () => {
    const reached = gate();
    const mayEnd = gate();
    const { activities, calls } = scriptedActivities({
      attachRateCard: () => {
        reached.open();
        return mayEnd.opened;
      },
    });
    const input = onboardingOf();
    await flows.withWorker(activities, async (starter) => {
      const outcome = starter.onboard(input, WAIT_MS);
      await reached.opened;
      await flows.temporal.client.workflow.getHandle(onboardingWorkflowId(input.tenantId)).cancel();
      await expect(outcome).resolves.toMatchObject({ kind: "refused" });
      mayEnd.open();
    });
    expect(calls).toEqual([...STEPS.slice(0, 3), "detachRateCard", "closeTenant"]);
    expect((await described(input)).status.name).toBe("CANCELLED");
  });

  test("while it is being opened nothing is undone", async () => {
    const reached = gate();
    const mayEnd = gate();
    const { activities, calls } = scriptedActivities({
      activateTenant: async () => {
        reached.open();
        await mayEnd.opened;
        return { revision: 2 };
      },
    });
    const input = onboardingOf();
    await flows.withWorker(activities, async (starter) => {
      const outcome = starter.onboard(input, WAIT_MS);
      await reached.opened;
      await flows.temporal.client.workflow.getHandle(onboardingWorkflowId(input.tenantId)).cancel();
      mayEnd.open();
      await expect(outcome).resolves.toMatchObject({
        kind: "completed",
        output: { welcomeMail: "undelivered" },
      });
    });
    expect(calls).not.toContain("closeTenant");
  });
});

describe("started twice", () => {
  test("the same input attaches to the one that runs and to the one that is over", async () => {
    const { activities, calls } = scriptedActivities();
    const input = onboardingOf();
    await flows.withWorker(activities, async (starter) => {
      const outcomes = await Promise.all([starter.onboard(input, WAIT_MS), starter.onboard(input, WAIT_MS)]);
      outcomes.push(await starter.onboard(structuredClone(input), WAIT_MS));
      for (const outcome of outcomes) expect(outcome.kind).toBe("completed");
    });
    expect(calls).toEqual(STEPS);
  });

  test("another input of the same id is told that it exists", async () => {
    const { activities, calls } = scriptedActivities();
    const input = onboardingOf();
    await flows.withWorker(activities, async (starter) => {
      await starter.onboard(input, WAIT_MS);
      await expect(starter.onboard(onboardingOf({ tenantId: input.tenantId }), WAIT_MS)).resolves.toEqual({
        kind: "exists",
      });
    });
    expect(calls).toEqual(STEPS);
  });
});

describe("without a worker, without a server", () => {
  test("the start is kept, the wait ends in time, and the next worker goes on from the step that was reached", async () => {
    const taskQueue = `test-${randomUUID()}`;
    const input = onboardingOf();
    await expect(flows.starter(taskQueue).onboard(input, 200)).resolves.toMatchObject({
      kind: "running",
      workflowId: onboardingWorkflowId(input.tenantId),
    });
    const reached = gate();
    const first = scriptedActivities({
      attachRateCard: async () => {
        reached.open();
        throw new Unavailable("postgres");
      },
    });
    await flows.withWorker(first.activities, () => reached.opened, taskQueue);
    expect(first.calls.slice(0, 3)).toEqual(STEPS.slice(0, 3));
    const second = scriptedActivities();
    const outcome = await flows.withWorker(
      second.activities,
      (starter) => starter.onboard(input, WAIT_MS),
      taskQueue,
    );
    expect(outcome.kind).toBe("completed");
    expect(second.calls).toEqual(STEPS.slice(2));
  }, 40_000);

  test("no Temporal is Unavailable, within seconds", async () => {
    const nowhere = createTemporalClient({
      address: "127.0.0.1:1",
      namespace: "default",
      uiUrl: "http://127.0.0.1:1",
      payloadKeys: flows.temporal.config.payloadKeys,
    });
    await expect(createOnboardingStarter(nowhere).onboard(onboardingOf(), WAIT_MS)).rejects.toBeInstanceOf(
      Unavailable,
    );
    await expect(nowhere.isHealthy(500)).resolves.toBe(false);
    await expect(flows.temporal.isHealthy(5_000)).resolves.toBe(true);
    await nowhere.close();
  }, 20_000);
});
