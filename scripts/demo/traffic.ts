/** What one message of the demo's traffic is made of. Destinations are numbers that Ofcom keeps free for drama. */
export interface DemoMessage {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** Every so many messages carry a word that the demo's tenant blocks, or go where the simulator refuses or fails them. */
const BLOCKED_EVERY = 50;
const REFUSED_EVERY = 100;
const FAILED_EVERY = 80;

/** The simulator refuses numbers that end in 999 and reports those that end in 998 as undelivered. */
export function demoMessage(index: number): DemoMessage {
  const ending = index % REFUSED_EVERY === 7 ? 999 : index % FAILED_EVERY === 11 ? 998 : index % 990;
  return {
    from: "CATALYST",
    to: `+447700900${String(ending).padStart(3, "0")}`,
    text:
      index % BLOCKED_EVERY === 3 ? `You won the lottery, claim ${index}` : `Your code is ${100_000 + index}`,
  };
}
