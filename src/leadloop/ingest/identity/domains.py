"""Domains of companies: what of an address or a web site belongs to one company, and to no other."""

from __future__ import annotations

import re
from functools import lru_cache

from leadloop.features.contact import domain_kind, split_host
from leadloop.features.mail_domains import DISPOSABLE, FREE_MAIL

_PAIRS_WORDS = """
    ac co com edu gob gouv gov govt go gv ne net or org mil ltd plc me nhs sch
"""
_PAIRS = frozenset(_PAIRS_WORDS.split())
_HOSTED_WORDS = """
    wordpress.com wixsite.com blogspot.com github.io gitlab.io myshopify.com squarespace.com weebly.com
    webflow.io herokuapp.com netlify.app vercel.app pages.dev web.app firebaseapp.com azurewebsites.net
    notion.site facebook.com linkedin.com instagram.com twitter.com x.com youtube.com linktr.ee google.com
    sites.google.com business.site jimdofree.com jimdosite.com godaddysites.com onmicrosoft.com calendly.com
    zoom.us resource.calendar.google.com group.calendar.google.com
"""
_HOSTED = frozenset(_HOSTED_WORDS.split())
"""Where anybody may have a page or a calendar: such a domain tells nothing of whose it is."""
_SITE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?([^/:?#\s]+)", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"[-_]+")


@lru_cache(65_536)
def company_domain(address: str) -> str:
    """The domain that a company owns, from an e-mail address, a host or a web address; empty for free mail and the like.

    >>> (
    ...     company_domain("jane@mail.acme.co.uk"),
    ...     company_domain("https://www.acme.com/about"),
    ...     company_domain("jane@gmail.com"),
    ... )
    ('acme.co.uk', 'acme.com', '')
    """
    found = _SITE.match(address)
    if found is None:
        return ""
    labels = split_host(found[1].lower().rstrip("."))
    if not labels or domain_kind(labels, FREE_MAIL, DISPOSABLE) in ("free mail", "disposable"):
        return ""
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _PAIRS else 2
    owned = labels[-keep:]
    if ".".join(owned) in _HOSTED or ".".join(labels) in _HOSTED:
        return ""
    return ".".join(owned)


def name_of_domain(domain: str) -> str:
    """A name for a company of which nothing but its domain is known.

    >>> name_of_domain("quarry-stone.co.uk")
    'Quarry Stone'
    """
    return " ".join(word.capitalize() for word in _NOT_LETTERS.split(domain.partition(".")[0]) if word)
