/** A stored address as deliver_sm carries it (SMPP 3.4 §5.2.5): E.164 as international digits, short codes and names as they are. */
export function esmeAddress(stored: string): { ton: number; npi: number; address: string } {
  if (stored.startsWith("+")) return { ton: 1, npi: 1, address: stored.slice(1) };
  return /^\d+$/.test(stored) ? { ton: 3, npi: 0, address: stored } : { ton: 5, npi: 0, address: stored };
}
