import { describe, expect, test } from "@jest/globals";
import { defaultSystemId } from "./system-id.ts";

describe("defaultSystemId", () => {
  test("is the tenant's id where that fits", () => {
    expect(defaultSystemId("TENANT-001")).toBe("TENANT-001");
    expect(defaultSystemId("FIFTEEN-LETTERS")).toBe("FIFTEEN-LETTERS");
  });

  test("long ids with the same head get different ones, of 15 characters", () => {
    const ids = ["NOTIFICATIONS-112", "NOTIFICATIONS-114", "NOTIFICATIONS-1124"].map(defaultSystemId);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^NOTIFICA-[0-9a-f]{6}$/);
  });
});
