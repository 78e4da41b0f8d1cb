import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ApplicationFailure } from "@temporalio/common";
import { createFraudAlerts } from "#adapters/temporal/fraud-alerts.ts";
import { Unavailable } from "#domain/errors.ts";
import type { FraudAlert } from "#domain/events/fraud-alert.ts";
import {
  DECIDE,
  FRAUD_CASE_STATE,
  fraudCaseOutput,
  fraudCaseState,
  fraudCaseWorkflowId,
  type FraudCaseActivities,
  type FraudCaseOutput,
  type FraudCaseState,
} from "#workflows/fraud-case/api.ts";
import { suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { alertOf, scriptedFraud, SLA_MINUTES } from "./scripted-fraud.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

let server: TimeSkipping;
beforeAll(async () => {
  server = await startTimeSkipping();
}, 300_000);
afterAll(() => server.close());

const MINUTE = 60_000;
const CASE = "FC-2026-000001";
type Flow = ReturnType<TimeSkipping["temporal"]["client"]["workflow"]["getHandle"]>;

interface Happening {
  readonly flow: Flow;
  readonly calls: readonly string[];
  readonly tell: (alert: FraudAlert) => Promise<void>;
  readonly alert: FraudAlert;
}

/** Runs one case while `act` does what happens to it from outside. */
async function run(
  alert: FraudAlert,
  script: Partial<FraudCaseActivities>,
  act: (happening: Happening) => Promise<void>,
): Promise<{ readonly output: FraudCaseOutput; readonly calls: readonly string[] }> {
  const { activities, calls } = scriptedFraud(script);
  const output = await server.withWorker(activities, async (taskQueue) => {
    const alerts = createFraudAlerts(server.temporal, taskQueue);
    await alerts.deliver(alert);
    const flow = server.temporal.client.workflow.getHandle(fraudCaseWorkflowId(alert));
    await act({ flow, calls, alert, tell: (more) => alerts.deliver(more) });
    return fraudCaseOutput.parse(await flow.result());
  });
  return { output, calls };
}

const KIM = { actor: "support: Kim", reason: "a premium range" };
const decide = (flow: Flow, decision: string, given: object = {}): Promise<FraudCaseState> =>
  flow.executeUpdate<FraudCaseState, [object]>(DECIDE, {
    args: [{ caseId: CASE, decision, ...KIM, ...given }],
  });

async function stateOf(flow: Flow): Promise<FraudCaseState> {
  return fraudCaseState.parse(await flow.query(FRAUD_CASE_STATE));
}

/** Resolves when it is so: what was called is asked, no time is guessed. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const OPENED = ["openCase", "freeze 3712000", "gatherEvidence", "ask support"];

// First: a suspension that was begun and has no worker keeps the test server from skipping time, even once it is over.
describe("time", () => {
  test.each(["low", "medium", "high"] as const)(
    "of a %s case: level by level; then what is frozen stays so, and the owner is reminded",
    async (severity) => {
      const { calls } = await run(alertOf({ severity }), {}, async ({ flow, calls }) => {
        const step = SLA_MINUTES[severity] * MINUTE;
        await until(() => calls.includes("ask support"));
        await server.pass(step - MINUTE);
        expect((await stateOf(flow)).level).toBe("support");
        await server.pass(2 * MINUTE);
        await until(() => calls.includes("escalation manager"));
        await server.pass(step);
        await until(() => calls.includes("escalation owner"));
        await server.pass(step);
        await until(() => calls.includes("undecided owner"));
        expect(await stateOf(flow)).toMatchObject({ status: "undecided", dueAt: null, decision: null });
        await server.pass(8 * 24 * 60 * MINUTE);
        await until(() => calls.filter((call) => call === "reminder owner").length === 2);
        await decide(flow, "release");
      });
      for (const never of ["awaitSuspension", "blockDestinations", "refundTraffic"])
        expect(calls).not.toContain(never);
      expect(calls.indexOf("releaseDestinations")).toBeGreaterThan(calls.indexOf("reminder owner"));
    },
    120_000,
  );

  test("a critical case asks everybody at once", async () => {
    await run(alertOf({ severity: "critical" }), {}, async ({ flow, calls }) => {
      // They are asked side by side.
      await until(() =>
        ["ask support", "escalation manager", "escalation owner"].every((call) => calls.includes(call)),
      );
      await decide(flow, "block");
    });
  });

  test("a worse alert shortens the time that is left", async () => {
    await run(alertOf({ severity: "low" }), {}, async ({ flow, calls, alert, tell }) => {
      await until(() => calls.includes("ask support"));
      const before = (await stateOf(flow)).dueAt ?? 0;
      await tell({ ...alert, severity: "high" });
      await until(async () => (await stateOf(flow)).severity === "high");
      await until(async () => ((await stateOf(flow)).dueAt ?? before) < before);
      const after = (await stateOf(flow)).dueAt ?? 0;
      expect(before - after).toBe((SLA_MINUTES.low - SLA_MINUTES.high) * MINUTE);
      await server.pass(SLA_MINUTES.high * MINUTE);
      await until(() => calls.includes("escalation manager"));
      await decide(flow, "release");
    });
  });
});

describe("a decision is done once, and the case is closed", () => {
  const asked = ({ flow }: Happening): Promise<void> =>
    until(async () => (await stateOf(flow)).status === "asking");

  const endSuspension = async ({ tenantId }: FraudAlert): Promise<void> => {
    await server.temporal.client.workflow.getHandle(suspensionWorkflowId(tenantId)).terminate();
  };

  test.each([
    ["release", ["releaseDestinations"]],
    ["block", ["blockDestinations"]],
    ["refund", ["refundTraffic", "releaseDestinations"]],
    ["suspend", ["awaitSuspension", "releaseDestinations"]],
  ])("%s", async (decision, done) => {
    const alert = alertOf();
    const { output, calls } = await run(alert, {}, async (happening) => {
      await asked(happening);
      await expect(decide(happening.flow, decision)).resolves.toMatchObject({ decision: { decision } });
    });
    if (decision === "suspend") await endSuspension(alert);
    expect(output).toMatchObject({ result: "closed", caseId: CASE, decision: { decision, ...KIM } });
    expect(calls.filter((call) => call !== "ask support")).toEqual([
      ...OPENED.slice(0, 3),
      `decided ${decision} by ${KIM.actor}`,
      ...done,
      "closeCase",
      "mailReport",
    ]);
  });

  test("suspend starts the tenant's suspension, for fraud and without grace", async () => {
    const alert = alertOf();
    await run(alert, {}, async (happening) => {
      await asked(happening);
      await decide(happening.flow, "suspend");
    });
    const { historyLength, status } = await server.temporal.client.workflow
      .getHandle(suspensionWorkflowId(alert.tenantId))
      .describe();
    await endSuspension(alert);
    expect([status.name, historyLength]).toEqual(["RUNNING", 2]);
  });

  test("suspend leaves the destinations blocked where service does not go off", async () => {
    const alert = alertOf();
    const { calls } = await run(
      alert,
      { awaitSuspension: async () => ({ suspended: false }) },
      async (happening) => {
        await asked(happening);
        await decide(happening.flow, "suspend");
      },
    );
    await endSuspension(alert);
    expect(calls).toContain("blockDestinations");
    expect(calls).not.toContain("releaseDestinations");
  });

  test("two people at once: one decision, both are answered with it; a late one, too", async () => {
    let close: () => void = () => {};
    const closing = new Promise<void>((resolve) => (close = resolve));
    const { output, calls } = await run(alertOf(), { closeCase: () => closing }, async (happening) => {
      await asked(happening);
      const [one, other] = await Promise.all([
        decide(happening.flow, "release"),
        decide(happening.flow, "block", { actor: "owner: Lee" }),
      ]);
      expect(other.decision).toEqual(one.decision);
      const late = await decide(happening.flow, "suspend", { actor: "late" });
      expect(late.decision).toEqual(one.decision);
      close();
    });
    expect(calls.filter((call) => call.startsWith("decided"))).toEqual([
      `decided ${output.decision?.decision} by ${output.decision?.actor}`,
    ]);
  });

  test("one without a name, without a reason, with a number, or of another case is refused", async () => {
    await run(alertOf(), {}, async (happening) => {
      await asked(happening);
      const { flow } = happening;
      const refusal = (given: object): Promise<unknown> =>
        decide(flow, "release", given).catch((error: Error) => (error.cause as Error).message);
      expect(await refusal({ actor: " " })).toBe("actor is needed: who decides");
      expect(await refusal({ reason: "" })).toBe("reason is needed: why");
      expect(await refusal({ note: "call +44 7700 900123" })).toMatch(/note must hold no phone number/);
      expect(await refusal({ caseId: "FC-2025-000009" })).toMatch(/FC-2025-000009 is closed/);
      expect((await stateOf(flow)).decision).toBeNull();
      await decide(flow, "release");
    });
  });
});

describe("alerts", () => {
  test("the same again changes nothing; one that knows of more freezes that too", async () => {
    const { calls } = await run(alertOf(), {}, async ({ flow, calls, alert, tell }) => {
      await until(() => calls.includes("ask support"));
      await tell(alert);
      await tell({ ...alert, evidence: { messages: 700 } });
      await tell({ ...alert, destinations: [...alert.destinations, { country: "GB", prefix: "4477009" }] });
      await until(() => calls.includes("freeze 3712000,4477009"));
      await decide(flow, "release");
    });
    expect(calls.filter((call) => call.startsWith("extend"))).toEqual(["extend high"]);
  });

  test("of a case that is closed open none", async () => {
    const { output, calls } = await run(
      alertOf(),
      { openCase: async () => ({ kind: "known", because: "FC-1 was about it", slaMinutes: SLA_MINUTES }) },
      async () => {},
    );
    expect(output).toEqual({ result: "known", caseId: null, decision: null });
    expect(calls).toEqual(["openCase"]);
  });

  test("that come after the decision are another case", async () => {
    let close: () => void = () => {};
    const closing = new Promise<void>((resolve) => (close = resolve));
    const { output, calls } = await run(
      alertOf(),
      { closeCase: () => closing },
      async ({ flow, calls, alert, tell }) => {
        await until(() => calls.includes("ask support"));
        await decide(flow, "release");
        await until(() => calls.includes("closeCase"));
        await tell({ ...alert, id: `${alert.id}-next` });
        close();
        await until(() => calls.filter((call) => call === "ask support").length === 2);
        await decide(flow, "block", { caseId: "FC-2026-000002" });
      },
    );
    expect(output).toMatchObject({ caseId: "FC-2026-000002", decision: { decision: "block" } });
    expect(calls.filter((call) => call === "openCase")).toHaveLength(2);
  });
});

describe("cancellation", () => {
  const HANGING: Partial<Record<keyof FraudCaseActivities, string>> = {
    openCase: "openCase",
    freezeDestinations: "freeze 3712000",
    gatherEvidence: "gatherEvidence",
  };

  test.each(Object.entries(HANGING))(
    "in the middle of %s ends the case, and nothing stays frozen",
    async (name, call) => {
      let goOn: () => void = () => {};
      const cancelled = new Promise<void>((resolve) => (goOn = resolve));
      const { activities } = scriptedFraud();
      const real = activities[name as keyof FraudCaseActivities] as (step: never) => Promise<never>;
      const { output, calls } = await run(
        alertOf(),
        { [name]: (step: never) => cancelled.then(() => real(step)) },
        async ({ flow, calls }) => {
          await until(() => calls.includes(call));
          await flow.cancel();
          // Of an activity that ends while its cancellation is on its way, Temporal's test server loses the flow's task.
          if (name === "gatherEvidence") await flow.result();
          goOn();
        },
      );
      expect(output.decision).toMatchObject({ decision: "release", actor: "cancellation" });
      expect(calls.slice(-4)).toEqual([
        "decided release by cancellation",
        "releaseDestinations",
        "closeCase",
        "mailReport",
      ]);
    },
  );

  test("while a person is asked opens what is frozen", async () => {
    const { calls } = await run(alertOf(), {}, async ({ flow, calls }) => {
      await until(() => calls.includes("ask support"));
      await flow.cancel();
    });
    expect(calls.slice(-3)).toEqual(["releaseDestinations", "closeCase", "mailReport"]);
  });

  test.each(["recordDecision", "refundTraffic", "releaseDestinations", "closeCase"] as const)(
    "in the middle of %s changes nothing of what was decided",
    async (name) => {
      let goOn: () => void = () => {};
      const cancelled = new Promise<void>((resolve) => (goOn = resolve));
      const { activities } = scriptedFraud();
      const real = activities[name] as (step: never) => Promise<never>;
      const reached: string[] = [];
      const { output, calls } = await run(
        alertOf(),
        {
          [name]: (step: never) => {
            reached.push(name);
            return cancelled.then(() => real(step));
          },
        },
        async ({ flow, calls }) => {
          await until(() => calls.includes("ask support"));
          await decide(flow, "refund");
          await until(() => reached.length > 0);
          await flow.cancel();
          goOn();
        },
      );
      expect(output.decision).toMatchObject({ decision: "refund", ...KIM });
      expect(calls.slice(-5)).toEqual([
        `decided refund by ${KIM.actor}`,
        "refundTraffic",
        "releaseDestinations",
        "closeCase",
        "mailReport",
      ]);
    },
  );
});

describe("failures", () => {
  test("freezing, deciding and closing are tried until they are done", async () => {
    const failures = new Map<string, number>();
    const flaky = (name: string) => async (): Promise<void> => {
      const count = (failures.get(name) ?? 0) + 1;
      failures.set(name, count);
      if (count <= 2) throw new Unavailable("postgres");
    };
    const { output } = await run(
      alertOf(),
      {
        freezeDestinations: flaky("freeze"),
        recordDecision: flaky("record"),
        releaseDestinations: flaky("release"),
        closeCase: flaky("close"),
      },
      async ({ flow, calls }) => {
        await until(() => calls.includes("ask support"));
        await decide(flow, "release");
      },
    );
    expect(output.result).toBe("closed");
    expect([...failures.values()]).toEqual([3, 3, 3, 3]);
  });

  test("a person is asked without evidence, and goes on being asked where mail is refused or its server away", async () => {
    const { calls } = await run(
      alertOf(),
      {
        // A second for each level: of an activity that is tried again and again the test server skips no time.
        openCase: async () => ({ kind: "open", caseId: CASE, slaMinutes: { ...SLA_MINUTES, high: 1 / 60 } }),
        gatherEvidence: async () => {
          throw ApplicationFailure.nonRetryable("the query is wrong", "Bug");
        },
        mailCase: async ({ kind }) => {
          if (kind === "ask") throw new Unavailable("smtp");
          return { kind: "refused", reason: "no such mailbox" };
        },
        callOperator: async () => ({ kind: "refused", reason: "status 410" }),
        mailReport: async () => ({ kind: "refused", reason: "no such mailbox" }),
      },
      async ({ flow, calls }) => {
        await until(() => calls.includes("ask support"));
        await until(() => calls.includes("escalation manager"));
        await decide(flow, "release");
      },
    );
    // An attempt to ask that was under way when it was decided may end after it.
    expect(calls).toContain("mailReport");
  });
});
