import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { attachTestEnvironment, testAllVariable } from "../../scripts/test-environment.ts";
import { allOnce, collected, openDueTenants, startInvoicing, untilEnded } from "./due-together.ts";
import { openFlowBooks, type FlowBooks } from "./flow-books.ts";

const TENANTS = process.env[testAllVariable] === "1" ? 1_000 : 50;

let books: FlowBooks;
beforeAll(async () => {
  books = await openFlowBooks(await attachTestEnvironment());
}, 60_000);
afterAll(() => books.close());

test(`${TENANTS} tenants fall due in the same minute: all invoiced once, paid once`, async () => {
  const from = performance.now();
  const due = await openDueTenants(books, TENANTS);
  const startedAt = performance.now();
  await startInvoicing(books, due);
  const startedIn = performance.now() - startedAt;
  expect(await collected(books, due)).toEqual(allOnce(TENANTS));
  const took = performance.now() - startedAt;
  await untilEnded(books, due);
  // Scheduled, triggered by hand and backfilled: whoever asks again finds what there is.
  await startInvoicing(books, due);
  expect(await collected(books, due)).toEqual(allOnce(TENANTS));
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  process.stderr.write(
    `    ${TENANTS} tenants: made in ${seconds(startedAt - from)}, started in ${seconds(startedIn)}, invoiced and paid in ${seconds(took)}\n`,
  );
}, 1_500_000);
