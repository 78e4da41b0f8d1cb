import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  type ActivityOptions,
  type LocalActivityOptions,
} from "@temporalio/workflow";
import type { SearchAttributePair } from "@temporalio/common";
import { FLOW_STATUS } from "#domain/flows/search-attributes.ts";
import { createStory, type Story } from "#domain/flows/story.ts";

/** A short step that must not be left undone: it is tried until its server has it. */
export const UNTIL_DONE: ActivityOptions = {
  startToCloseTimeout: "15s",
  retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "1m" },
};

/** Mail servers may say "later" for hours (greylisting, a full queue); nobody waits longer for a mail that only tells what stands elsewhere. */
export const MAIL: ActivityOptions = {
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: "24h",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "10m" },
};

/** One that is on its way may arrive after a cancellation. */
export const MAIL_LEFT_ALONE: ActivityOptions = {
  ...MAIL,
  cancellationType: ActivityCancellationType.ABANDON,
};

/** Money is on its way or may be: tried until it is known what became of it. */
export const MONEY: ActivityOptions = {
  startToCloseTimeout: "1m",
  heartbeatTimeout: "30s",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "5m" },
};

/** Whoever is called may be away for weeks: a machine that is being rebuilt, a person who has to renew a certificate. */
export const CALLBACK: ActivityOptions = {
  startToCloseTimeout: "30s",
  scheduleToCloseTimeout: "30d",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "5m" },
};

type Steps<Activities extends object> = ReturnType<typeof proxyActivities<Activities>>;

/** A flow's activities, each call with how long it is tried and what the Web UI says of it. */
export function stepsOf<Activities extends object>(): (
  options: ActivityOptions,
  summary: string,
) => Steps<Activities> {
  return (options, summary) => {
    tellHeldBack();
    return proxyActivities<Activities>({ ...options, summary });
  };
}

/** Below the ten seconds after which the server gives a run's task to another worker. */
const AT_ONCE: LocalActivityOptions = { startToCloseTimeout: "5s", retry: { maximumAttempts: 1 } };

/**
 * A step that takes less than a second nearly always is done within the run's own task: the server writes one event of it, where it would write
 * three and two tasks more. What does not end at once, or fails for now, becomes a step that the server keeps. Whatever it does may happen again
 * when a worker dies in it, as with any step; it cannot be cancelled before the server keeps it. What the run is found by is told with its next
 * step that the server keeps, or at its end.
 */
export async function atOnce<Activities extends object, Result>(
  call: (steps: Steps<Activities>) => Promise<Result>,
  kept: ActivityOptions,
  summary: string,
): Promise<Result> {
  let failure: unknown;
  underWay += 1;
  try {
    return await CancellationScope.nonCancellable(() =>
      call(proxyLocalActivities<Activities>({ ...AT_ONCE, summary })),
    );
  } catch (error) {
    failure = error;
  } finally {
    underWay -= 1;
  }
  tellHeldBack();
  if (isFinal(failure)) throw failure;
  return call(proxyActivities<Activities>({ ...kept, summary }));
}

/** Steps that are being done within the run's own task. */
let underWay = 0;
/** What is told of the run later. */
const heldBack = new Set<() => void>();

function tellHeldBack(): void {
  for (const tell of heldBack) tell();
  heldBack.clear();
}

/** Whether trying again is no use. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.nonRetryable === true
  );
}

/** A story that the Web UI tells, and what a run is found by. */
export interface ToldStory<Status extends string> extends Story<Status> {
  /** Search attributes, told to the server when the flow next waits, and those alone that have changed: each telling costs it a write. */
  show(attributes: readonly SearchAttributePair[]): void;
}

/** Its steps as current details, its status as FlowStatus. */
export function toldStory<Status extends string>(
  title: string,
  also: (status: Status) => void = () => {},
): ToldStory<Status> {
  const show = shownWhenWaiting();
  const story = createStory<Status>(title, (status, details) => {
    also(status);
    setCurrentDetails(details);
    show([{ key: FLOW_STATUS, value: status }]);
  });
  return {
    ...story,
    finish(status, text) {
      story.finish(status, text);
      tellHeldBack();
    },
    show,
  };
}

function shownWhenWaiting(): ToldStory<string>["show"] {
  const shown = new Map<string, unknown>();
  const waiting = new Map<string, SearchAttributePair>();
  const tell = (): void => {
    if (underWay > 0) {
      heldBack.add(tell);
      return;
    }
    const changed = [...waiting.values()].filter(({ key, value }) => shown.get(key.name) !== value);
    waiting.clear();
    for (const { key, value } of changed) shown.set(key.name, value);
    if (changed.length > 0) upsertSearchAttributes(changed);
  };
  return (attributes) => {
    if (waiting.size === 0) void Promise.resolve().then(tell);
    for (const attribute of attributes) waiting.set(attribute.key.name, attribute);
  };
}

/** Whether a child could not be started because its id is taken: what it is for is under way, or done. */
export function isAlreadyStarted(error: unknown): boolean {
  return error instanceof Error && error.name === "WorkflowExecutionAlreadyStartedError";
}
