import ipaddr from "ipaddr.js";

type Address = ReturnType<typeof ipaddr.parse>;

/** Decides which addresses a URL that somebody else chose may lead to. */
export interface AddressPolicy {
  /** Takes the text of an IP address; anything else is refused. */
  allows(address: string): boolean;
}

/**
 * Public unicast addresses, and what `allowedNetworks` names (CIDR, for development and private installations). Everything
 * else is refused: loopback, private, link-local (clouds' metadata), carrier-grade NAT, multicast, reserved, documentation
 * and every IPv6 form that carries an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64).
 * @throws RangeError on a network that is not a CIDR.
 */
export function createAddressPolicy(allowedNetworks: readonly string[]): AddressPolicy {
  const allowed = allowedNetworks.map(parseNetwork);
  return {
    allows(text) {
      // A zone ("fe80::1%eth0") names an interface of this machine: never a tenant's business.
      if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return false;
      const address = ipaddr.parse(text);
      return isPublic(address) || allowed.some((network) => isWithin(address, network));
    },
  };
}

function parseNetwork(text: string): [Address, number] {
  try {
    return ipaddr.parseCIDR(text);
  } catch (cause) {
    throw new RangeError(`"${text}" is not a network in CIDR notation`, { cause });
  }
}

function isPublic(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  // IPv6's global unicast space is 2000::/3 (RFC 4291); what lies outside is unassigned or special.
  return address.kind() === "ipv4" || ((address.toByteArray()[0] ?? 0) & 0xe0) === 0x20;
}

function isWithin(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}
