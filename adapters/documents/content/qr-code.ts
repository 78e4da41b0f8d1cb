import { encode } from "uqr";

/** Longest text that a QR code holds at the level of error correction that is used here. */
const LONGEST = 1_200;

/** A QR code as SVG, without a margin; null where the text is too long for one. */
export function qrCodeSvg(text: string): string | null {
  if (Buffer.byteLength(text) > LONGEST) return null;
  const { data, size } = encode(text, { ecc: "M", border: 0 });
  const path = data.flatMap((row, y) =>
    runsOf(row).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path d="${path.join("")}"/></svg>`;
}

/** Where dark modules begin, and how many stand side by side. */
function runsOf(row: readonly boolean[]): [x: number, length: number][] {
  const runs: [number, number][] = [];
  for (const [x, dark] of row.entries()) {
    const last = runs.at(-1);
    if (!dark) continue;
    if (last !== undefined && last[0] + last[1] === x) last[1] += 1;
    else runs.push([x, 1]);
  }
  return runs;
}
