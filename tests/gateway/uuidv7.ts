import { v7 } from "uuid";

export function uuidv7(now: number): string {
  return v7({ msecs: now });
}
