import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import { formatMoney } from "#domain/money/money.ts";
import { isFinal } from "./state.ts";
import { collapse, deriveState, mergeChanges, mergeSteps, type Steps, timelineOf } from "./timeline.ts";

const HOLDS = { scan: "1", submit: "10", part: "100" };

function derived(steps: Steps, parts = 1) {
  const { state, finalAt, holdOpen } = deriveState(steps, parts, HOLDS);
  return [state, finalAt, formatMoney(holdOpen)];
}

const STATES = ["sent", "delivered", "failed", "blocked", "rejected", "expired"] as const;

const stepsOf = (parts: number): fc.Arbitrary<Steps> =>
  fc.dictionary(
    fc
      .tuple(fc.constantFrom(...STATES, "cleared"), fc.integer({ min: 0, max: parts }))
      .map(([state, part]) => `${state}:${part}`),
    fc.record({ at: fc.integer({ min: 1, max: 4 }), code: fc.constantFrom("A", "B") }),
    { maxKeys: 8 },
  );

describe("what a message's steps amount to", () => {
  test.each([
    ["nothing", {}, 1, ["accepted", null, "111"]],
    ["cleared", { "cleared:0": { at: 1 } }, 1, ["cleared", null, "110"]],
    ["sent", { "sent:1": { at: 2 } }, 1, ["sent", null, "100"]],
    ["delivered", { "sent:1": { at: 2 }, "delivered:1": { at: 3 } }, 1, ["delivered", 3, "0"]],
    ["one of two parts delivered", { "delivered:1": { at: 3 } }, 2, ["sent", null, "100"]],
    [
      "both parts delivered",
      { "delivered:1": { at: 3 }, "delivered:2": { at: 9 } },
      2,
      ["delivered", 9, "0"],
    ],
    ["one part failed", { "delivered:1": { at: 3 }, "failed:2": { at: 2 } }, 2, ["failed", 3, "0"]],
    ["one part rejected", { "delivered:1": { at: 3 }, "rejected:2": { at: 2 } }, 2, ["failed", 3, "0"]],
    ["all parts rejected", { "rejected:1": { at: 3 }, "rejected:2": { at: 2 } }, 2, ["rejected", 3, "0"]],
    ["blocked", { "blocked:0": { at: 3 } }, 2, ["blocked", 3, "0"]],
    ["expired", { "sent:1": { at: 2 }, "expired:0": { at: 9 } }, 1, ["expired", 9, "0"]],
    [
      "a late receipt after the expiry",
      { "expired:0": { at: 9 }, "delivered:1": { at: 12 } },
      1,
      ["delivered", 12, "0"],
    ],
    [
      "a part of an expired message",
      { "expired:0": { at: 9 }, "delivered:1": { at: 12 } },
      2,
      ["expired", 9, "0"],
    ],
    ["expired by the carrier", { "expired:1": { at: 9 } }, 1, ["expired", 9, "0"]],
    [
      "delivered after the carrier let it expire",
      { "expired:1": { at: 9 }, "delivered:1": { at: 10 } },
      1,
      ["delivered", 10, "0"],
    ],
    ["delivered, then failed", { "delivered:1": { at: 3 }, "failed:1": { at: 4 } }, 1, ["delivered", 3, "0"]],
    ["failed, then delivered", { "delivered:1": { at: 5 }, "failed:1": { at: 4 } }, 1, ["failed", 4, "0"]],
  ])("%s", (_name, steps, parts, expected) => {
    expect(derived(steps, parts)).toEqual(expected);
  });

  test("nothing is known to be open while the submission is unknown", () => {
    expect(deriveState({ "sent:1": { at: 1 } }, 1, null).holdOpen).toBe(0n);
  });

  test("a final state never becomes unfinal, and never gives its hold back again", () => {
    fc.assert(
      fc.property(stepsOf(3), stepsOf(3), (steps, more) => {
        const before = deriveState(steps, 3, HOLDS);
        const after = deriveState(mergeSteps(steps, more), 3, HOLDS);
        if (isFinal(before.state)) expect(isFinal(after.state)).toBe(true);
        expect(after.holdOpen <= before.holdOpen).toBe(true);
      }),
    );
  });
});

describe("merging", () => {
  test("is commutative, associative and idempotent", () => {
    fc.assert(
      fc.property(stepsOf(3), stepsOf(3), stepsOf(3), (a, b, c) => {
        expect(mergeSteps(a, b)).toEqual(mergeSteps(b, a));
        expect(mergeSteps(mergeSteps(a, b), c)).toEqual(mergeSteps(a, mergeSteps(b, c)));
        const merged = mergeSteps(a, b);
        expect(mergeSteps(merged, b)).toBe(merged);
      }),
    );
  });

  const submission: MessageSubmitted = {
    v: 1,
    type: "message.submitted",
    messageId: "m",
    tenantId: "T",
    walletId: "W",
    channel: "sms",
    direction: "outbound",
    conversation: "c",
    from: "A",
    to: "+1",
    text: "t",
    encoding: "gsm7",
    parts: 2,
    country: null,
    operator: null,
    acceptedAt: 1,
    expiresAt: 9,
    origin: { door: "rest", receipt: false },
    holds: HOLDS,
  };
  const statusEvents = fc
    .record({
      state: fc.constantFrom(...STATES),
      part: fc.integer({ min: 0, max: 2 }),
      at: fc.integer({ min: 1, max: 5 }),
    })
    .map((fields): MessageStatus => ({
      v: 1,
      type: "message.status",
      messageId: "m",
      tenantId: "T",
      walletId: "W",
      channel: "sms",
      conversation: "c",
      parts: 2,
      acceptedAt: 1,
      connector: "sim",
      carrierMessageId: `${fields.part}`,
      ...fields,
    }));
  const events = fc.array(
    fc.oneof(
      fc.constant(submission),
      fc.constant<MessageSubmitted>({ ...submission, type: "message.cleared", clearedAt: 2 }),
      statusEvents,
    ),
    { minLength: 1, maxLength: 12 },
  );
  const row = (changes: ReturnType<typeof collapse>) => {
    const change = changes.get("m");
    const holds = change?.submission?.holds ?? null;
    return [change?.steps, holds, deriveState(change?.steps ?? {}, 2, holds)];
  };

  test("any order, grouping and repetition of a message's events gives the same row", () => {
    const shuffled = events.chain((list) =>
      fc.record({
        list: fc.constant(list),
        again: fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 }),
        cut: fc.nat(list.length * 2),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ list, again, cut }) => {
        const whole = row(collapse(list));
        const [left, right] = [collapse(again.slice(0, cut)).get("m"), collapse(again.slice(cut)).get("m")];
        const joined =
          left !== undefined && right !== undefined ? mergeChanges(left, right) : (left ?? right);
        expect(row(collapse(again))).toEqual(whole);
        expect(row(new Map([["m", joined!]]))).toEqual(whole);
      }),
    );
  });

  test("carriers' ids come from sent parts alone", () => {
    const sent = fc.sample(statusEvents, 20);
    const parts = collapse(sent).get("m")?.carrierParts ?? [];
    expect(parts).toHaveLength(sent.filter(({ state }) => state === "sent").length);
  });
});

test("a timeline is shown by time, beginning with the acceptance", () => {
  expect(
    timelineOf(
      { "delivered:1": { at: 9 }, "sent:1": { at: 4, connector: "sim" }, "cleared:0": { at: 4 } },
      1,
    ),
  ).toEqual([
    { state: "accepted", part: 0, at: 1 },
    { state: "cleared", part: 0, at: 4 },
    { state: "sent", part: 1, at: 4, connector: "sim" },
    { state: "delivered", part: 1, at: 9 },
  ]);
});
