/** The ledger follows within tens of milliseconds; asking more often would only load it. */
const ASK_EVERY_MS = 40;

/** Asks until there is an answer or the time is over: null then. Bounded by `waitMs`. */
export async function waitFor<Answer>(
  ask: () => Promise<Answer | null>,
  waitMs: number,
): Promise<Answer | null> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null || performance.now() >= deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
