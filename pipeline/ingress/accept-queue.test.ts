import { describe, expect, test } from "@jest/globals";
import type { AcceptOutcome, Submission } from "#domain/messages/submission.ts";
import { createAcceptQueue } from "./accept-queue.ts";
import type { Ingress } from "./ingress.ts";

const submission = (reference: string): Submission => ({
  tenantId: "T",
  channel: "sms",
  from: "A",
  to: "+12125551234",
  text: "Hello",
  door: "rest",
  receipt: false,
  reference,
});

const outcome = (reference: string | undefined): AcceptOutcome => ({
  ok: true,
  messageId: reference ?? "",
  parts: 1,
  encoding: "gsm7",
  to: "+12125551234",
  acceptedAt: 0,
});

/** An ingress whose batches end when the test says so. */
function heldIngress(): Ingress & { readonly sizes: number[]; finish(): void } {
  const sizes: number[] = [];
  const finishes: (() => void)[] = [];
  return {
    sizes,
    finish: () => finishes.shift()?.(),
    accept(submissions) {
      sizes.push(submissions.length);
      return new Promise((resolve) => {
        finishes.push(() => resolve(submissions.map(({ reference }) => outcome(reference))));
      });
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("createAcceptQueue", () => {
  test("batches what comes in one turn and while two batches are in flight, each with its own outcome", async () => {
    const ingress = heldIngress();
    const queue = createAcceptQueue(ingress, { maxBatch: 3, maxQueued: 100 });
    const first = [queue.submit(submission("1")), queue.submit(submission("2"))];
    await turn();
    const second = queue.submit(submission("3"));
    await turn();
    const later = ["4", "5", "6", "7"].map((name) => queue.submit(submission(name)));
    await turn();
    expect(ingress.sizes).toEqual([2, 1]);
    expect(queue.stats()).toEqual({ queued: 4, inFlightBatches: 2, dropped: 0 });
    ingress.finish();
    expect(await Promise.all(first)).toEqual([outcome("1"), outcome("2")]);
    await turn();
    expect(ingress.sizes).toEqual([2, 1, 3]);
    for (let batch = 0; batch < 3; batch += 1) {
      ingress.finish();
      await turn();
      await turn();
    }
    expect(await second).toEqual(outcome("3"));
    expect(await Promise.all(later)).toEqual(["4", "5", "6", "7"].map(outcome));
  });

  test("refuses beyond its bound, and counts it", async () => {
    const queue = createAcceptQueue(heldIngress(), { maxBatch: 10, maxQueued: 2 });
    void queue.submit(submission("1"));
    void queue.submit(submission("2"));
    expect(await queue.submit(submission("3"))).toMatchObject({ ok: false, code: "unavailable" });
    expect(queue.stats().dropped).toBe(1);
  });

  test("drains: refuses what is new, ends when the rest has its outcome", async () => {
    const ingress = heldIngress();
    const queue = createAcceptQueue(ingress, { maxBatch: 10, maxQueued: 10 });
    const accepted = queue.submit(submission("1"));
    const drained = queue.drain();
    expect(await queue.submit(submission("2"))).toMatchObject({ ok: false, code: "unavailable" });
    await turn();
    ingress.finish();
    await drained;
    expect(await accepted).toEqual(outcome("1"));
    await queue.drain();
  });

  test("hands a failure to every submitter of the batch and goes on", async () => {
    let calls = 0;
    const ingress: Ingress = {
      accept: (submissions) => {
        calls += 1;
        if (calls === 1) return Promise.reject(new Error("bug"));
        return Promise.resolve(submissions.map(({ reference }) => outcome(reference)));
      },
    };
    const queue = createAcceptQueue(ingress, { maxBatch: 10, maxQueued: 10 });
    await expect(queue.submit(submission("1"))).rejects.toThrow("bug");
    expect(await queue.submit(submission("2"))).toEqual(outcome("2"));
  });
});
