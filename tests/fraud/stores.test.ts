import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { assert, array, asyncProperty, constantFrom, nat, record } from "fast-check";
import { randomUUID } from "node:crypto";
import { createFraudCases } from "#adapters/postgres/fraud-cases.ts";
import { createTrafficWindows } from "#adapters/postgres/fraud-windows.ts";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { PREFIXES_MAX, WINDOW_MS, windowOf } from "#domain/fraud/detection.ts";
import type { TrafficRecord } from "#domain/fraud/ports.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";
import { tenant } from "../gateway/fakes.ts";
import { alertOf } from "../workflows/scripted-fraud.ts";

const NOW = Date.parse("2026-11-28T10:03:00Z");
const WINDOW = windowOf(NOW);

let pool: Pool;
beforeAll(async () => {
  const { variables } = await attachTestEnvironment();
  pool = createPool(variables["DATABASE_URL"] ?? "", "test-fraud");
}, 60_000);
afterAll(() => pool.end());

async function storedTenant(): Promise<string> {
  const tenantId = `T-${randomUUID()}`;
  await pool.query(
    "INSERT INTO tenants (tenant_id, configuration, revision, status, created_as) VALUES ($1, $2, 1, 'active', $3)",
    [tenantId, tenant(tenantId, randomUUID()), "0".repeat(64)],
  );
  return tenantId;
}

describe("windows", () => {
  const kinds = constantFrom(
    "messages",
    "delivered",
    "undelivered",
    "rejected",
    "velocityBlocked",
    "keywordBlocked",
  );

  test("count each offset once, however batches overlap and repeat, and never below zero", async () => {
    const windows = createTrafficWindows(pool);
    const given = array(record({ kind: kinds, prefix: constantFrom(null, "371", "3712000") }), {
      minLength: 1,
      maxLength: 12,
    });
    await assert(
      asyncProperty(given, array(nat(11), { maxLength: 6 }), async (all, cuts) => {
        const [tenantId, topic] = [`T-${randomUUID()}`, `topic-${randomUUID()}`];
        const records = all.map(({ kind, prefix }, index): TrafficRecord => ({
          topic,
          partition: 0,
          offset: BigInt(index),
          tenantId,
          window: WINDOW,
          country: "LV",
          prefix,
          kind,
        }));
        const send = (upTo: number): Promise<void> =>
          windows.count(records.slice(0, upTo), [{ topic, partition: 0, nextOffset: BigInt(upTo) }]);
        for (const cut of cuts) await send(Math.min(cut + 1, records.length));
        await Promise.all([send(records.length), send(records.length)]);
        const [read] = await windows.read([{ tenantId, window: WINDOW }]);
        const country = read?.counts.find(({ prefix }) => prefix === null);
        for (const one of ["messages", "delivered", "keywordBlocked"] as const)
          expect(country?.[one]).toBe(all.filter(({ kind }) => kind === one).length);
        const ranges = read?.counts.filter(({ prefix }) => prefix !== null) ?? [];
        expect(ranges.length).toBe(new Set(all.flatMap(({ prefix }) => prefix ?? [])).size);
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  test("keep the commonest ranges of a tenant, and count the rest in their country", async () => {
    const windows = createTrafficWindows(pool);
    const [tenantId, topic] = [`T-${randomUUID()}`, `topic-${randomUUID()}`];
    const rare = Array.from({ length: 3 * PREFIXES_MAX }, (_, index) => String(1_200_000 + index));
    const records = [...rare, ...Array.from({ length: 5 }, () => "3712000")].map(
      (prefix, index): TrafficRecord => ({
        topic,
        partition: 1,
        offset: BigInt(index),
        tenantId,
        window: WINDOW,
        country: "LV",
        prefix,
        kind: "messages",
      }),
    );
    await windows.count(records, [{ topic, partition: 1, nextOffset: BigInt(records.length) }]);
    const [read] = await windows.read([{ tenantId, window: WINDOW }]);
    expect(read?.counts).toHaveLength(PREFIXES_MAX + 1);
    expect(read?.counts.find(({ prefix }) => prefix === null)?.messages).toBe(records.length);
    expect(read?.counts.find(({ prefix }) => prefix === "3712000")?.messages).toBe(5);
  });

  test("the usual is of the day before alone, and what is older is forgotten", async () => {
    const windows = createTrafficWindows(pool);
    const [tenantId, topic] = [`T-${randomUUID()}`, `topic-${randomUUID()}`];
    const at = (window: number, offset: number): TrafficRecord => ({
      topic,
      partition: 0,
      offset: BigInt(offset),
      tenantId,
      window,
      country: "LV",
      prefix: null,
      kind: "messages",
    });
    const all = [
      at(WINDOW, 0),
      at(WINDOW - WINDOW_MS, 1),
      at(WINDOW - WINDOW_MS, 2),
      at(WINDOW - 2 * WINDOW_MS, 3),
      at(WINDOW - 200 * WINDOW_MS, 4),
    ];
    await windows.count(all, [{ topic, partition: 0, nextOffset: 5n }]);
    const baseline = await windows.baseline(tenantId, WINDOW);
    expect(baseline.windows).toBe(2);
    expect([...baseline.messages]).toEqual([["LV:", 3]]);
    expect(await windows.prune(WINDOW - 150 * WINDOW_MS)).toBeGreaterThanOrEqual(1);
    expect(await windows.read([{ tenantId, window: WINDOW - 200 * WINDOW_MS }])).toEqual([]);
  });
});

describe("cases", () => {
  const opening = async () => {
    const tenantId = await storedTenant();
    const alerts = [alertOf({ tenantId })];
    return {
      tenantId,
      pattern: "velocity" as const,
      workflowId: `fraud-${tenantId}-velocity`,
      alerts,
      now: NOW,
    };
  };
  const decision = { decision: "release", actor: "Kim", reason: "known", note: null, at: NOW } as const;

  test("however many open one at once, it is one; numbers have no gap", async () => {
    const cases = createFraudCases(pool);
    const step = await opening();
    const opened = await Promise.all(Array.from({ length: 8 }, () => cases.open(step)));
    expect(new Set(opened.map((one) => JSON.stringify(one))).size).toBe(1);
    const many = await Promise.all(Array.from({ length: 6 }, async () => cases.open(await opening())));
    const numbers = [opened[0]!, ...many].map((one) => Number(one.kind === "open" && one.caseId.slice(-6)));
    numbers.sort((left, right) => left - right);
    expect(numbers.at(-1)! - numbers[0]!).toBe(6);
  });

  test("what happened is told once, and a case is decided and closed once", async () => {
    const cases = createFraudCases(pool);
    const opened = await cases.open(await opening());
    if (opened.kind !== "open") throw new Error("not opened");
    const { caseId } = opened;
    for (const text of ["first", "again"]) await cases.tell(caseId, "000001", { at: NOW, text });
    await cases.close(caseId, NOW);
    expect((await cases.find(caseId))?.status).toBe("open");
    await cases.decide(caseId, decision);
    await cases.decide(caseId, { ...decision, decision: "block" });
    await cases.close(caseId, NOW + 1);
    await cases.close(caseId, NOW + 2);
    expect(await cases.find(caseId)).toMatchObject({
      status: "closed",
      decision,
      closedAt: NOW + 1,
      timeline: [{ at: NOW, text: "first" }],
    });
  });

  test("alerts of a closed case open none; what was released is not asked about for a day, unless it is worse", async () => {
    const cases = createFraudCases(pool);
    const step = await opening();
    const first = await cases.open(step);
    if (first.kind !== "open") throw new Error("not opened");
    await cases.decide(first.caseId, decision);
    await cases.close(first.caseId, NOW);
    expect(await cases.open(step)).toEqual({ kind: "known", because: `${first.caseId} was about it` });
    const [alert] = step.alerts;
    const next = { ...step, alerts: [{ ...alert!, id: `${alert!.id}-next` }], now: NOW + 3_600_000 };
    expect((await cases.open(next)).kind).toBe("known");
    expect((await cases.open({ ...next, now: NOW + 86_400_001 })).kind).toBe("open");
  });

  test("a worse alert within that day is another case; of no tenant there is none", async () => {
    const cases = createFraudCases(pool);
    const step = await opening();
    const first = await cases.open(step);
    if (first.kind !== "open") throw new Error("not opened");
    await cases.decide(first.caseId, decision);
    await cases.close(first.caseId, NOW);
    const worse = [{ ...step.alerts[0]!, id: `${step.alerts[0]!.id}-worse`, severity: "critical" as const }];
    expect((await cases.open({ ...step, alerts: worse })).kind).toBe("open");
    expect(await cases.open({ ...step, tenantId: `T-${randomUUID()}`, alerts: worse })).toMatchObject({
      kind: "known",
      because: "there is no such tenant, or it is closed",
    });
  });

  test("are listed by tenant, status and severity, page by page", async () => {
    const cases = createFraudCases(pool);
    const step = await opening();
    for (const pattern of ["velocity", "reported", "blocked_content"] as const)
      await cases.open({ ...step, pattern, alerts: [alertOf({ tenantId: step.tenantId, pattern })] });
    const filter = { tenantId: step.tenantId, status: "open", severity: "high" } as const;
    const first = await cases.list(filter, { after: null, limit: 2 });
    const second = await cases.list(filter, { after: first.next, limit: 2 });
    expect([...first.rows, ...second.rows].map(({ pattern }) => pattern)).toEqual([
      "blocked_content",
      "reported",
      "velocity",
    ]);
    expect(second.next).toBeNull();
    expect((await cases.list({ ...filter, severity: "low" }, { after: null, limit: 2 })).rows).toEqual([]);
  });
});
