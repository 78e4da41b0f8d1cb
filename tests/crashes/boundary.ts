import type { TaskQueue } from "#workflows/task-queues.ts";

/** Where a worker dies: just before the nth run of an activity has its effect, or after it and before its completion is told. */
export interface Boundary {
  readonly activity: string;
  /** From 1. */
  readonly nth: number;
  readonly moment: "before" | "after";
}

export function wordsOf({ activity, nth, moment }: Boundary): string {
  return `${moment} ${activity}${nth === 1 ? "" : ` (${nth})`}`;
}

/** What a worker process is told to poll. */
export interface ServeOrder {
  readonly serve: string;
  /** Whose activities. */
  readonly queue: TaskQueue;
  readonly bundlePath: string;
  /** Null: it lives on. */
  readonly dies: Boundary | null;
}

export type WorkerOrder = ServeOrder | { readonly stop: string };

/** What it answers: it has started, or has done what it was told about a queue. */
export type WorkerAnswer = { readonly ready: true } | { readonly done: string };
