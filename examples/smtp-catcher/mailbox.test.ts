import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { inboxPage } from "./inbox-page.ts";
import { Mailbox, type ArrivedMail } from "./mailbox.ts";

const welcome: ArrivedMail = {
  receivedAt: "2026-11-20T10:00:00.000Z",
  from: "catalyst@localhost",
  to: ["owner@example.com"],
  subject: "Welcome",
  messageId: "<tenant-001-welcome@catalyst>",
  text: "Hello",
  html: null,
  attachments: [],
};

describe("Mailbox", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mailbox-"));
    file = join(folder, "deeper", "mails.jsonl");
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  test("numbers the copies of one Message-ID and keeps each", () => {
    const mailbox = new Mailbox(file);
    mailbox.add(welcome);
    mailbox.add({ ...welcome, messageId: "<other@catalyst>" });
    mailbox.add(welcome);
    expect(mailbox.list().map((mail) => [mail.number, mail.copy])).toEqual([
      [3, 2],
      [2, 1],
      [1, 1],
    ]);
  });

  test("does not take mails without a Message-ID for copies", () => {
    const mailbox = new Mailbox(file);
    mailbox.add({ ...welcome, messageId: null });
    expect(mailbox.add({ ...welcome, messageId: null }).copy).toBe(1);
  });

  test("comes back after a restart, and lets a line go that a kill cut short", () => {
    new Mailbox(file).add(welcome);
    appendFileSync(file, '{"number":2,"subj');
    const again = new Mailbox(file);
    expect(again.list()).toHaveLength(1);
    again.add(welcome);
    expect(new Mailbox(file).list().map((mail) => mail.copy)).toEqual([2, 1]);
  });

  test("keeps the last thousand and counts the rest, before and after a restart", () => {
    const mailbox = new Mailbox(file);
    for (let index = 0; index < 2_105; index += 1)
      mailbox.add({ ...welcome, messageId: `<${index}@catalyst>` });
    for (const one of [mailbox, new Mailbox(file)]) {
      expect(one.list()).toHaveLength(1_000);
      expect(one.list()[0]?.number).toBe(2_105);
      expect(one.dropped()).toBe(1_105);
    }
  });

  test("shows a mail's words on the page, never its markup", () => {
    const mailbox = new Mailbox(file);
    mailbox.add({ ...welcome, subject: "<script>alert(1)</script>", html: '<b onclick="x">&</b>' });
    mailbox.add({ ...welcome });
    const page = inboxPage(mailbox.list(), mailbox.dropped());
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toContain("<script>alert");
    expect(page).toContain('srcdoc="&lt;b onclick=&quot;x&quot;&gt;&amp;&lt;/b&gt;"');
    expect(page).toContain("copy 2");
  });
});
