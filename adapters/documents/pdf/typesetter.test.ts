import { execFileSync } from "node:child_process";
import { afterEach, expect, jest, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import { sampleInvoice } from "../../../tests/documents/samples.ts";
import { invoiceContent } from "../content/invoice-content.ts";
import { invoicePdf } from "./invoice-pdf.ts";
import { createTypesetter, type Typesetter } from "./typesetter.ts";

/** On a busy machine; a quiet one is done in a second. */
jest.setTimeout(60_000);

const set = (typesetter: Typesetter): Promise<Uint8Array> =>
  invoicePdf(invoiceContent(sampleInvoice("ussd-session")), typesetter);

/** Ids of the processes that typeset for this one. */
function presses(): number[] {
  const all = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" });
  return all
    .split("\n")
    .filter((line) => line.includes("typesetter-process.ts"))
    .map((line) => Number(line.trim().split(" ")[0]));
}
const kill = (): void => presses().forEach((pid) => process.kill(pid, "SIGKILL"));
afterEach(kill);

test("a killed process fails what waits, and the next sheet has another", async () => {
  const typesetter = createTypesetter();
  await set(typesetter);
  // More than can be done while the process is looked for.
  const lost = Promise.allSettled(Array.from({ length: 100 }, () => set(typesetter)));
  kill();
  const reasons = (await lost).flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  expect(reasons.length).toBeGreaterThan(0);
  for (const reason of reasons) expect(reason).toBeInstanceOf(Unavailable);
  expect((await set(typesetter)).byteLength).toBeGreaterThan(10_000);
});

test("a sheet that cannot be set fails alone", async () => {
  const typesetter = createTypesetter();
  const [bad, good] = await Promise.allSettled([
    typesetter.typeset({ content: "{}", logo: null }),
    set(typesetter),
  ]);
  expect(bad.status === "rejected" && bad.reason.message).toMatch(/dictionary does not contain key/);
  expect(good.status).toBe("fulfilled");
});

test("more than can wait are refused at once", async () => {
  const typesetter = createTypesetter();
  const sheets = Array.from({ length: 1_001 }, () => typesetter.typeset({ content: "{}", logo: null }));
  const outcomes = await Promise.allSettled(sheets);
  const refused = outcomes.filter(
    ({ status, ...rest }) => status === "rejected" && "reason" in rest && rest.reason instanceof Unavailable,
  );
  expect(refused).toHaveLength(1);
});

test("the process of a large sheet gives back what it took", async () => {
  const typesetter = createTypesetter();
  const invoice = sampleInvoice("ussd-session");
  const lines = Array.from({ length: 2_500 }, (_, index) => ({ ...invoice.lines[0]!, position: index + 1 }));
  const content = invoiceContent({ ...invoice, lines });
  const [before] = (await set(typesetter), presses());
  await invoicePdf(content, typesetter);
  await set(typesetter);
  expect(presses()).not.toContain(before);
});
