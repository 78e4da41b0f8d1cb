const DEFAULT = "#0b5fff";
/** Contrast with white that WCAG 2 asks of text. */
const READABLE = 4.5;

/** The issuer's colour, darkened until white on it, and it on white, can be read. */
export function readableColour(colour: string): string {
  let channels = channelsOf(/^#[0-9a-f]{6}$/i.test(colour) ? colour : DEFAULT);
  while (1.05 / (luminance(channels) + 0.05) < READABLE) channels = channels.map((value) => value * 0.94);
  return `#${channels.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
}

function channelsOf(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/** Relative luminance of sRGB by WCAG 2. */
function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
