import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { WorkflowFailedError, WorkflowUpdateFailedError } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import {
  DECIDE_KYC,
  ONBOARDING_STATE,
  onboardingState,
  onboardingWorkflowId,
  TENANT_ONBOARDING,
  type OnboardingActivities,
  type OnboardingInput,
} from "#workflows/tenant-onboarding/api.ts";
import { Unavailable } from "#domain/errors.ts";
import { onboardingOf, scriptedActivities } from "./flows-environment.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

const DAY_MS = 86_400_000;
const PREPARED = ["validateOnboarding", "createTenant", "attachRateCard"];

let time: TimeSkipping;
beforeAll(async () => {
  time = await startTimeSkipping();
});
afterAll(() => time.close());

type Flow = Awaited<ReturnType<TimeSkipping["temporal"]["client"]["workflow"]["start"]>>;

interface Ended {
  readonly output: unknown;
  readonly failure: ApplicationFailure | null;
  readonly calls: readonly string[];
}

/** Runs one onboarding that a person must approve within ten days, while `act` does what happens from outside. */
async function run(
  given: Partial<OnboardingInput>,
  script: Partial<OnboardingActivities>,
  act: (flow: Flow) => Promise<void>,
): Promise<Ended> {
  const { activities, calls } = scriptedActivities(script);
  const input = onboardingOf({ kyc: { deadlineSeconds: 864_000 }, ...given });
  return time.withWorker(activities, async (taskQueue) => {
    const workflowId = onboardingWorkflowId(input.tenantId);
    const options = { workflowId, taskQueue, args: [input] };
    const flow = await time.temporal.client.workflow.start(TENANT_ONBOARDING, options);
    await act(flow);
    try {
      return { output: await time.skipping(() => flow.result()), failure: null, calls };
    } catch (error) {
      const cause = error instanceof WorkflowFailedError ? error.cause : error;
      return { output: null, failure: cause as ApplicationFailure, calls };
    }
  });
}

async function until(flow: Flow, status: string): Promise<void> {
  for (;;) {
    const state = onboardingState.parse(await flow.query(ONBOARDING_STATE));
    if (state.status === status) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const APPROVAL = { decision: "approve", actor: "support: Kim", reason: "papers seen" };
const decide = (flow: Flow, decision: object, updateId?: string): Promise<unknown> =>
  flow.executeUpdate(DECIDE_KYC, { args: [decision], ...(updateId === undefined ? {} : { updateId }) });

describe("an onboarding that a person must approve", () => {
  test("waits prepared and closed, and opens with the approval", async () => {
    const { output, calls } = await run({ paymentProvider: "stripe" }, {}, async (flow) => {
      await until(flow, "awaiting_approval");
      await time.pass(DAY_MS);
      const state = onboardingState.parse(await flow.query(ONBOARDING_STATE));
      expect(state.kyc?.dueAt).toBeGreaterThan(Date.now());
      await expect(decide(flow, APPROVAL)).resolves.toMatchObject({ kyc: { decision: APPROVAL } });
    });
    expect(output).toMatchObject({ welcomeMail: "accepted", approvedBy: "support: Kim" });
    expect(calls).toEqual([
      ...PREPARED,
      "mailKyc",
      "registerCustomer",
      "scheduleInvoices",
      "activateTenant",
      "sendWelcomeMail",
    ]);
  });

  test("is undone in reverse by a rejection, which is told with its reason", async () => {
    const { failure, calls } = await run({}, {}, async (flow) => {
      await until(flow, "awaiting_approval");
      await decide(flow, { decision: "reject", actor: "owner", reason: "no such company" });
    });
    expect(failure).toMatchObject({
      type: "Rejected",
      message: "kyc was rejected by owner: no such company",
      details: [[{ field: "kyc", reason: "was rejected by owner: no such company" }]],
    });
    expect(calls).toEqual([...PREPARED, "mailKyc", "detachRateCard", "closeTenant"]);
  });

  test("reminds at half and nine tenths of the time, and ends as a rejection when nobody answers", async () => {
    const mails: [string, number, number][] = [];
    let begun = 0;
    const { failure, calls } = await run(
      {},
      {
        validateOnboarding: async () => {
          begun = await time.now();
        },
        mailKyc: async ({ kind, number, dueAt }) => {
          mails.push([kind, number, Math.round(((await time.now()) - begun) / DAY_MS)]);
          expect(Math.round((dueAt - begun) / DAY_MS)).toBe(10);
          return { kind: "accepted" };
        },
      },
      async () => {},
    );
    expect(mails).toEqual([
      ["request", 0, 0],
      ["reminder", 1, 5],
      ["reminder", 2, 9],
    ]);
    expect(failure).toMatchObject({
      type: "Rejected",
      message: "kyc was not decided in time: nobody answered",
    });
    expect(calls.slice(-2)).toEqual(["detachRateCard", "closeTenant"]);
    expect(calls).not.toContain("activateTenant");
  });

  test("can be decided while the mail server is away, and by a mail that is refused nothing is lost", async () => {
    const away = await run({}, { mailKyc: () => Promise.reject(new Unavailable("smtp")) }, async (flow) => {
      await until(flow, "awaiting_approval");
      await decide(flow, APPROVAL);
    });
    expect(away.output).toMatchObject({ approvedBy: "support: Kim" });
    const refused = await run(
      {},
      { mailKyc: async () => ({ kind: "refused", reason: "550" }) },
      async (flow) => {
        await until(flow, "awaiting_approval");
        await decide(flow, APPROVAL);
      },
    );
    expect(refused.output).toMatchObject({ approvedBy: "support: Kim" });
  });

  test("takes the first of two decisions, a repetition once, and none before or without the question", async () => {
    const { output } = await run({}, {}, async (flow) => {
      await until(flow, "awaiting_approval");
      const nameless = decide(flow, { ...APPROVAL, actor: " " });
      await expect(nameless).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
      await expect(nameless).rejects.toMatchObject({ cause: { message: "actor is needed: who decides" } });
      const rejection = { decision: "reject", actor: "owner", reason: "late" };
      await Promise.all([decide(flow, APPROVAL, "one"), decide(flow, APPROVAL, "one")]);
      await decide(flow, rejection, "two").catch(() => {});
    });
    expect(output).toMatchObject({ approvedBy: "support: Kim" });
    await run(
      { kyc: null },
      { attachRateCard: () => Promise.reject(new Unavailable("pg")) },
      async (flow) => {
        await until(flow, "pricing");
        await expect(decide(flow, APPROVAL)).rejects.toMatchObject({
          cause: { message: "nobody is asked to approve this tenant now" },
        });
        await flow.cancel();
      },
    );
  });

  test("that is cancelled while it waits is undone", async () => {
    const { calls, failure } = await run({}, {}, async (flow) => {
      await until(flow, "awaiting_approval");
      await flow.cancel();
    });
    expect(failure).not.toBeNull();
    expect(calls.slice(-2)).toEqual(["detachRateCard", "closeTenant"]);
  });
});

describe("a later step that fails for good", () => {
  const final = (): Promise<never> =>
    Promise.reject(ApplicationFailure.nonRetryable("paymentProvider was refused", "RefusedByProvider"));
  const undone = ["unscheduleInvoices", "forgetCustomer", "detachRateCard", "closeTenant"];

  test.each([
    ["registerCustomer", undone.slice(1)],
    ["scheduleInvoices", undone],
    ["activateTenant", undone],
  ])("%s: everything before it is undone in reverse", async (step, expected) => {
    const given = { kyc: null, paymentProvider: "stripe" } as const;
    const { calls, failure } = await run(given, { [step]: final }, async () => {});
    expect(failure).toMatchObject({ type: "RefusedByProvider" });
    expect(calls.slice(calls.indexOf(step) + 1)).toEqual(expected);
  });

  test.each(["createTenant", "attachRateCard", "registerCustomer", "scheduleInvoices"])(
    "%s that is away for an hour is given up and undone",
    async (step) => {
      const given = { kyc: null, paymentProvider: "stripe" } as const;
      const away = (): Promise<never> => Promise.reject(new Unavailable("server"));
      const { calls, failure } = await run(given, { [step]: away }, async () => {});
      expect(failure).toMatchObject({ type: "GivenUp", message: `${step} did not succeed in time` });
      expect(calls.at(-1)).toBe("closeTenant");
      expect(calls.filter((call) => call === step).length).toBeGreaterThan(50);
    },
  );

  test("a mail server that is away for a day keeps no tenant from being open", async () => {
    const away = (): Promise<never> => Promise.reject(new Unavailable("smtp"));
    const { output } = await run({ kyc: null }, { sendWelcomeMail: away }, async () => {});
    expect(output).toMatchObject({ welcomeMail: "undelivered" });
  });
});
