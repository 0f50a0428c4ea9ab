"""What a URL asks to be connected to, read strictly: one spelling, one host, and only the web's own ports.

A host is checked after it was resolved, so an odd spelling could not lead anywhere forbidden. It is refused all the same: nobody
means it, and what two programs read differently is where checks are slipped past.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urljoin

from leadloop.errors import LeadLoopError, Problem
from leadloop.outbound.addresses import Address

_LONGEST = 2_000
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"^`{|}]")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMERIC = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


class Refused(LeadLoopError):
    """A request was not made, or cut off: its address, or what came back, is not one to deal with."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes to."""

    scheme: str
    """`http` or `https`."""
    host: str
    """The name in small ASCII letters, or the address, without brackets."""
    port: int
    path: str
    """Path and query, at least `/`."""
    literal: Address | None = None
    """The address, where the host is one."""

    @property
    def origin(self) -> str:
        """Scheme, host and port: `https://example.com:443`."""
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}"

    @property
    def authority(self) -> str:
        """The host as the `Host` header names it, with its port where that is not the usual one."""
        usual = self.port == _PORTS[self.scheme]
        return _bracketed(self.host) + ("" if usual else f":{self.port}")

    @property
    def url(self) -> str:
        """The whole of it in its one spelling."""
        return f"{self.scheme}://{self.authority}{self.path}"

    def join(self, location: str) -> str:
        """What a link or redirect on this page leads to; raises Refused for one that leads nowhere."""
        try:
            return urljoin(self.url, location.strip())
        except ValueError:
            raise _refused(self.url, "link", "is no address", "look at the page") from None


def read_target(url: str, *, own_origins: Iterable[str] = ()) -> Target:
    """Read a URL; raises Refused with what is wrong about it. Origins of our own may have any port and a name without a dot.

    >>> read_target("HTTPS://Example.COM./a?b#c").url
    'https://example.com/a?b'
    >>> read_target("http://0x7f000001/")
    Traceback (most recent call last):
    leadloop.outbound.targets.Refused: http://0x7f000001/: 1 problem
      host  is an address in an odd spelling; write it with four plain numbers
    """
    if not isinstance(url, str) or len(url) > _LONGEST:
        raise _refused("address", "url", f"is no text of up to {_LONGEST:,} signs", "shorten it")
    if _UNSAFE.search(url):
        raise _refused(url, "url", "holds blanks, control signs or a backslash", "encode them, as in %20")
    found = _URL.fullmatch(url)
    if found is None:
        raise _refused(url, "scheme", "is not http or https", "write the address as in https://example.com/")
    scheme, authority, path = found[1].lower(), found[2], found[3]
    if "@" in authority:
        raise _refused(_without_user(url), "url", "names a user or password", "leave out what stands before the @")
    host, port = _split(url, authority, scheme)
    name, literal = _read_host(url, host)
    path = _ascii(path if path.startswith("/") else f"/{path}")
    target = Target(scheme, name, port, path, literal)
    if target.origin in own_origins:
        return target
    if port not in _PORTS.values():
        raise _refused(url, "port", f"is {port}", "only 80 and 443 are connected to")
    if literal is None and "." not in name:
        raise _refused(
            url, "host", "is a name without a dot, which only a network's own machines have", "name it in full"
        )
    return target


def read_origin(text: str) -> str:
    """The one spelling of an origin that somebody names as their own, as in `http://127.0.0.1:5678`; raises Refused."""
    target = read_target(text, own_origins=_Any())
    if target.path != "/":
        raise _refused(text, "origin", "has a path", "write scheme, host and port only")
    return target.origin


class _Any(frozenset[str]):
    def __contains__(self, item: object) -> bool:
        return True


def read_host(text: str) -> str:
    """A bare host name in its one spelling, or empty where the text is none that the public internet could have.

    >>> read_host("WWW.Bücher.example."), read_host("10.0.0.1"), read_host("localhost")
    ('www.xn--bcher-kva.example', '', '')
    """
    try:
        target = read_target(f"https://{text.strip()}/")
    except Refused:
        return ""
    return target.host if target.literal is None and target.path == "/" and target.port == 443 else ""


def _split(url: str, authority: str, scheme: str) -> tuple[str, int]:
    if authority.startswith("["):
        host, closed, rest = authority.partition("]")
        host += closed
    else:
        host, colon, after = authority.partition(":")
        rest = colon + after
    if not rest or rest == ":":
        return host, _PORTS[scheme]
    digits = rest[1:]
    if rest[0] != ":" or not re.fullmatch(r"[0-9]{1,5}", digits) or not 0 < int(digits) < 65_536:
        raise _refused(url, "port", "is no number", "leave it out")
    return host, int(digits)


def _read_host(url: str, host: str) -> tuple[str, Address | None]:
    if host.startswith("["):
        try:
            if "%" in host or not host.endswith("]"):
                raise ValueError
            address = IPv6Address(host[1:-1])
        except ValueError:
            raise _refused(url, "host", "is no address", "write it as in [2606:4700::1111]") from None
        return str(address), address
    if "%" in host:
        raise _refused(url, "host", "is written with percent signs", "write it plainly")
    name = _to_ascii(url, host)
    bare = name.removesuffix(".")
    labels = bare.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        try:
            address4 = IPv4Address(bare)
        except ValueError:
            raise _refused(
                url, "host", "is an address in an odd spelling", "write it with four plain numbers"
            ) from None
        if host != bare:
            raise _refused(url, "host", "is an address in an odd spelling", "write it with four plain numbers")
        return bare, address4
    if len(bare) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(url, "host", "is no name that a host can have", "write it as in example.com")
    return bare, None


def _to_ascii(url: str, host: str) -> str:
    """The name in ASCII, as browsers ask for it; other letters go by IDNA 2008 after the mapping of UTS 46."""
    if host.isascii():
        return host.lower()
    import idna

    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise _refused(url, "host", "holds letters that no host name has", "write it in ASCII") from None


def _ascii(path: str) -> str:
    return "".join(
        sign if sign.isascii() else "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "replace")) for sign in path
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _without_user(url: str) -> str:
    """The address without what may be a password."""
    return re.sub(r"//[^/?#]*@", "//…@", url, count=1)


def _refused(subject: str, where: str, what: str, mend: str) -> Refused:
    return Refused(subject[:200], Problem(where, what, mend))
