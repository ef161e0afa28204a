"""Judges the network addresses that a configured URL may lead to: only public ones, unless the
operator allows others. So nobody who can name a URL, or changes where its name leads, reaches what
stands beside the service: its metadata service, its neighbours, itself.

https://www.iana.org/assignments/iana-ipv4-special-registry
https://www.iana.org/assignments/iana-ipv6-special-registry
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

LOOPBACK, PRIVATE, SHARED = "loopback", "private", "shared by a carrier"
NAMEABLE = frozenset({LOOPBACK, PRIVATE, SHARED})
"""What a host that the operator allows by its name may lead to. Never to a link-local address,
where clouds keep their credentials: that takes a network."""

_V4: Mapping[str, str] = {
    "0.0.0.0/8": "unspecified",
    "10.0.0.0/8": PRIVATE,
    "100.64.0.0/10": SHARED,
    "127.0.0.0/8": LOOPBACK,
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": PRIVATE,
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "reserved",
    "192.88.99.0/24": "reserved",
    "192.168.0.0/16": PRIVATE,
    "198.18.0.0/15": "reserved",
    "198.51.100.0/24": "reserved",
    "203.0.113.0/24": "reserved",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_V6: Mapping[str, str] = {
    "::/128": "unspecified",
    "::1/128": LOOPBACK,
    "2001::/23": "reserved",  # Teredo's 2001::/32 among them
    "2001:db8::/32": "reserved",
    "3fff::/20": "reserved",
    "fd00:ec2::/32": "link-local",  # EC2's metadata and EKS's credentials, as 169.254.169.254
    "fc00::/7": PRIVATE,
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
_NETWORKS_V4 = tuple((IPv4Network(network), kind) for network, kind in _V4.items())
_NETWORKS_V6 = tuple((IPv6Network(network), kind) for network, kind in _V6.items())
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_HOLDS_IPV4 = {
    IPv6Network("::ffff:0:0/96"): 0,  # mapped, RFC 4291
    IPv6Network("64:ff9b::/96"): 0,  # translated by NAT64, RFC 6052
    IPv6Network("2002::/16"): 80,  # 6to4, RFC 3056
}
"""Networks whose addresses lead to an IPv4 address, and how far left of the end that stands."""


@dataclass(frozen=True, slots=True)
class PrivateAllowance:
    """What besides public addresses may be called: `networks`, and what `hosts` lead to."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `hooks.internal, 10.0.0.0/8, 192.168.1.7`. Raises ValueError."""
        hosts, networks = set[str](), list[IPv4Network | IPv6Network]()
        for entry in filter(None, (part.strip() for part in text.split(","))):
            try:
                networks.append(ip_network(entry.strip("[]")))
            except ValueError:
                host = _host(entry)
                if not host or not set(host) <= _HOST or host.replace(".", "").isdigit():
                    raise ValueError(f"{entry!r} is neither a host nor a network") from None
                hosts.add(host)
        return cls(frozenset(hosts), tuple(networks))

    def names(self, host: str) -> bool:
        """Whether the operator allows this host by its name."""
        return _host(host) in self.hosts

    def allows(self, address: str, *, named: bool = False) -> bool:
        """Whether the address may be called; `named` where a host leads there that is allowed by
        its name. In another spelling than the usual one it is none."""
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        if any(ip in network for network in self.networks if network.version == ip.version):
            return True
        if isinstance(ip, IPv6Address) and (inner := _ipv4_in(ip)) is not None:
            return self.allows(str(inner), named=named)
        kind = kind_of(ip)
        return kind is None or (named and kind in NAMEABLE)


_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


def _host(text: str) -> str:
    return text.lower().rstrip(".")


def _ipv4_in(ip: IPv6Address) -> IPv4Address | None:
    for network, shift in _HOLDS_IPV4.items():
        if ip in network:
            return IPv4Address(int(ip) >> shift & 0xFFFF_FFFF)
    return None


def kind_of(ip: IPv4Address | IPv6Address) -> str | None:
    """What kind of address it is; None where it is a public one."""
    if isinstance(ip, IPv4Address):
        return next((kind for network, kind in _NETWORKS_V4 if ip in network), None)
    if (found := next((kind for network, kind in _NETWORKS_V6 if ip in network), None)) is not None:
        return found
    return None if ip in _GLOBAL_UNICAST else "reserved"
