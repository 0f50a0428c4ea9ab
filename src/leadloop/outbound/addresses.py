"""Which addresses of the internet may be connected to: our own list, since libraries disagree on what is private.

The ranges are those of the special-purpose registries (RFC 6890 and what was added since), the metadata addresses of clouds, and
everything of IPv6 that is not ordinary global unicast: addresses that hold an IPv4 address (mapped, NAT64, 6to4, Teredo) lead to
wherever that one leads, so they are refused whatever they hold.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_REFUSED_V4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "a carrier's own",
    "127.0.0.0/8": "this machine",
    "168.63.129.16/32": "a cloud's own service",
    "169.254.0.0/16": "link-local, where clouds keep credentials",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "for protocols",
    "192.0.2.0/24": "for documents",
    "192.31.196.0/24": "for protocols",
    "192.52.193.0/24": "for protocols",
    "192.88.99.0/24": "a 6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "for protocols",
    "198.18.0.0/15": "for measurements",
    "198.51.100.0/24": "for documents",
    "203.0.113.0/24": "for documents",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = {
    "2001::/23": "for protocols (Teredo among them)",
    "2001:db8::/32": "for documents",
    "2002::/16": "6to4, which holds another address",
    "2620:4f:8000::/48": "for protocols",
    "3fff::/20": "for documents",
}
_NETWORKS_V4 = tuple((IPv4Network(net), why) for net, why in _REFUSED_V4.items())
_NETWORKS_V6 = tuple((IPv6Network(net), why) for net, why in _REFUSED_V6.items())
_OWN_V4 = tuple(map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_OWN_V6 = tuple(map(IPv6Network, ("::1/128", "fc00::/7")))
_METADATA = frozenset(map(ip_address, ("100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")))


@lru_cache(maxsize=4096)
def refuse_address(address: Address) -> str:
    """Why an address must not be connected to; empty where it may.

    >>> refuse_address(ip_address("93.184.216.34")), refuse_address(ip_address("169.254.169.254"))
    ('', 'link-local, where clouds keep credentials')
    >>> refuse_address(ip_address("64:ff9b::7f00:1")), refuse_address(ip_address("::ffff:127.0.0.1"))
    ('not of the public internet', 'not of the public internet')
    """
    if isinstance(address, IPv4Address):
        return next((why for net, why in _NETWORKS_V4 if address in net), "")
    if address.scope_id or address not in _GLOBAL_V6:
        return "not of the public internet"
    return next((why for net, why in _NETWORKS_V6 if address in net), "")


def refuse_own_address(address: Address) -> str:
    """Why an address must not be connected to for an origin that the settings name as one of our own network; empty where it may.

    Private addresses and this machine are fine there. What hands out a cloud's credentials is not, whoever names it.

    >>> refuse_own_address(ip_address("127.0.0.1")), refuse_own_address(ip_address("100.100.100.200"))
    ('', 'where a cloud keeps credentials')
    """
    if address in _METADATA:
        return "where a cloud keeps credentials"
    nets: tuple[IPv4Network | IPv6Network, ...] = _OWN_V4 if isinstance(address, IPv4Address) else _OWN_V6
    return "" if any(address in net for net in nets) else refuse_address(address)
