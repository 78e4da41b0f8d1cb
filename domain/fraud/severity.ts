/** The mildest first. */
export const SEVERITIES = ["low", "medium", "high", "critical"] as const;
export type FraudSeverity = (typeof SEVERITIES)[number];

export function severer(left: FraudSeverity, right: FraudSeverity): FraudSeverity {
  return SEVERITIES.indexOf(left) >= SEVERITIES.indexOf(right) ? left : right;
}
