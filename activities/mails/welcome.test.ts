import { expect, test } from "@jest/globals";
import { welcomeMail, type Welcome } from "./welcome.ts";

const doors = { api: "http://api.test", reference: "http://api.test/docs", smpp: "smpp.test:2775" };
const welcome: Welcome = {
  tenantId: "TENANT-001",
  walletId: "0190a000-0000-7000-8000-000000000001",
  name: "Acme",
  email: "ops@acme.test",
  currency: "USD",
  apiKeyLast4: "wXyZ",
  smppSystemId: "TENANT-001",
};

test("both forms tell the tenant, its wallet and its doors", () => {
  const mail = welcomeMail(welcome, doors);
  expect(mail.to).toBe("ops@acme.test");
  expect(mail.subject).toContain("TENANT-001");
  for (const part of ["TENANT-001", "USD", doors.api, doors.smpp, "ends in wXyZ", doors.reference]) {
    expect(mail.text).toContain(part);
    expect(mail.html).toContain(part);
  }
});

test("every attempt of an onboarding carries the same Message-ID, another onboarding another", () => {
  expect(welcomeMail(welcome, doors).messageId).toBe(
    welcomeMail({ ...welcome, name: "Acme Ltd" }, doors).messageId,
  );
  expect(welcomeMail({ ...welcome, walletId: "other" }, doors).messageId).not.toBe(
    welcomeMail(welcome, doors).messageId,
  );
});

test("a name cannot write HTML into the mail", () => {
  const { html, text } = welcomeMail({ ...welcome, name: `<img src=x onerror="1">` }, doors);
  expect(html).not.toContain("<img");
  expect(text).toContain("<img");
});

test("without an SMPP account there is no word of it", () => {
  const { html, text } = welcomeMail({ ...welcome, smppSystemId: null }, doors);
  for (const part of [html, text]) expect(part).not.toContain("System id");
});
