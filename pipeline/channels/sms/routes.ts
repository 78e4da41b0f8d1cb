import type { SmsCarrier } from "#domain/sms/ports.ts";

/** Which connectors carry a destination; the first route that matches rules, its connectors in order of preference. */
export interface SmsRoute {
  /** ISO 3166-1 alpha-2; absent = any. */
  readonly countries?: readonly string[];
  /** E.164 prefixes with +; absent = any. */
  readonly prefixes?: readonly string[];
  readonly connectors: readonly string[];
}

export type ChooseCarriers = (to: string, country: string | null) => readonly SmsCarrier[];

/** Without a matching route every connector serves, in the order of configuration. */
export function createRouter(carriers: readonly SmsCarrier[], routes: readonly SmsRoute[]): ChooseCarriers {
  const byId = new Map(carriers.map((carrier) => [carrier.id, carrier]));
  const compiled = routes.map((route) => ({
    route,
    carriers: route.connectors.map((id) => {
      const carrier = byId.get(id);
      if (carrier === undefined)
        throw new Error(`a route names the connector ${id}, which is not configured`);
      return carrier;
    }),
  }));
  return (to, country) => {
    const matching = compiled.find(({ route }) => matches(route, to, country));
    const candidates = matching?.carriers ?? carriers;
    if (candidates.length < 2) return candidates;
    // The stable sort keeps the preference among those that are up.
    return candidates.toSorted((left, right) => Number(right.up) - Number(left.up));
  };
}

function matches(route: SmsRoute, to: string, country: string | null): boolean {
  if (route.countries !== undefined && (country === null || !route.countries.includes(country))) return false;
  return route.prefixes === undefined || route.prefixes.some((prefix) => to.startsWith(prefix));
}
