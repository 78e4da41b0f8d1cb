/**
 * Letters of other scripts that a reader takes for Latin ones, as pairs (letter, Latin letter); after Unicode's confusables
 * (UTS #39), the part seen in spam. Capitals stand here where their small letter looks like something else.
 */
const PAIRS =
  // Cyrillic
  "аa вb гr еe ѕs іi їi јj кk мm нh оo рp сc тt уy хx ьb ԁd һh ԛq ԝw ӏl " +
  // Greek
  "αa βb γy εe ηn ιi κk μu νv οo ρp σo τt υu χx ωw Ηh Μm Νn Υy " +
  // Armenian
  "օo ոn սu հh ցg ԛq " +
  // Latin look-alikes that no decomposition reaches
  "ıi łl øo đd ɑa ɡg ɩi ʀr ѵv ꞵb æa";

export const LATIN_OF: ReadonlyMap<string, string> = new Map(
  PAIRS.split(" ").map((pair) => [pair.slice(0, 1), pair.slice(1)]),
);
