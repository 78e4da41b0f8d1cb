/** What one side did in the time that it was given. */
export interface Throughput {
  readonly perSecond: number;
  /** Milliseconds of each piece of work. Of all turns together: ascending. */
  readonly latencies: readonly number[];
  /** Pieces that came to nothing, or to something else than was wanted. */
  readonly lost: number;
}

/** Does a piece of work so many times, `lanes` of them at a time. @param work tells whether it came to what was wanted; what it throws is lost, too. */
export async function inLanes(
  count: number,
  lanes: number,
  work: () => Promise<boolean>,
): Promise<Throughput> {
  const latencies: number[] = [];
  let [left, lost] = [count, 0];
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const from = performance.now();
      const isGood = await work().catch(() => false);
      latencies.push(performance.now() - from);
      if (!isGood) lost += 1;
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  return { perSecond: (count * 1000) / (performance.now() - from), latencies, lost };
}

/** Two sides by turns, so that what the machine does meanwhile falls on both; who comes first changes, for the second finds fuller servers. */
export async function byTurns<Name extends string>(
  sides: Readonly<Record<Name, () => Promise<Throughput>>>,
  rounds: number,
  progress: (round: number) => void,
): Promise<Readonly<Record<Name, Throughput>>> {
  const names = Object.keys(sides) as Name[];
  const turns = new Map<Name, Throughput[]>(names.map((name) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    progress(round);
    for (const name of round % 2 === 0 ? names.toReversed() : names)
      turns.get(name)?.push(await sides[name]());
  }
  return Object.fromEntries(names.map((name) => [name, merged(turns.get(name) ?? [])])) as Record<
    Name,
    Throughput
  >;
}

function merged(turns: readonly Throughput[]): Throughput {
  const count = turns.reduce((sum, { latencies }) => sum + latencies.length, 0);
  const seconds = turns.reduce((sum, { latencies, perSecond }) => sum + latencies.length / perSecond, 0);
  return {
    perSecond: count / seconds,
    latencies: turns.flatMap(({ latencies }) => latencies).sort((one, other) => one - other),
    lost: turns.reduce((sum, { lost }) => sum + lost, 0),
  };
}
