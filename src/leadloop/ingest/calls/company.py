"""The company on the other side of a call: by the domains of those invited first, by the title, by what was written down."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from leadloop.ingest.calls.call import Call, Person
from leadloop.ingest.calls.own import OwnCompany
from leadloop.ingest.calls.title import Title, read_title
from leadloop.ingest.calls.understood import Company
from leadloop.ingest.identity.domains import company_domain, name_of_domain
from leadloop.ingest.identity.legal_forms import has_form, without_form

_SAID = re.compile(
    r"^[\s*#>-]*(?:company|account|customer|prospect|client|firma|kunde|société|empresa|azienda)(?: name)?\**\s*[:=]\**\s*"
    r"([^\n|;]{2,80}?)[\s*]*$",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNS = re.compile(r"[^\w]+")
_NOBODY = re.compile(r"^(?:noreply|no-reply|calendar|notetaker|meetings?-?bot|bot|recorder|assistant)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OtherSide:
    """With whom a call was."""

    company: Company
    """The company; empty where nothing names it."""
    contacts: tuple[Person, ...]
    """Its people, and others who are not of ours."""
    ours: tuple[Person, ...]
    """Our people."""
    not_a_lead: str
    """Why the call makes no lead; empty where it does."""


def find_company(call: Call, own: OwnCompany) -> OtherSide:
    """With whom a call was.

    The domains of those invited say which company it was; of several that with the most people. The title may write its name
    better. Where nobody has an address of a company, the title names it, else a line such as "Company: Acme" in the notes.
    """
    people = tuple(one for one in call.attendees if (one.email or one.name) and not _NOBODY.match(one.email))
    ours = tuple(one for one in people if own.has(one))
    others = tuple(one for one in people if not own.has(one))
    title = read_title(call.title, own, [one.name for one in people])
    counts = Counter(domain for one in others if (domain := company_domain(one.email)) and not own.owns(domain))
    reached = [one for one in others if "@" in one.email]
    if not reached and any("@" in one.email for one in ours):
        return OtherSide(Company(), others, ours, "only our own people were invited")
    if counts:
        domain = _choose(counts, title)
        name = next((one for one in title.names if fits(one, domain)), "")
        if not name and title.names and has_form(title.names[0]):
            name = title.names[0]
        said_by = "title" if name else "attendees"
        return OtherSide(Company(name or name_of_domain(domain), domain, said_by), others, ours, "")
    if title.internal:
        return OtherSide(Company(), others, ours, "the title says that it was internal")
    if title.names:
        return OtherSide(Company(title.names[0], "", "title"), others, ours, "")
    if noted := _noted(call, own):
        return OtherSide(Company(noted, "", "summary"), others, ours, "")
    if reached:
        return OtherSide(Company(), others, ours, "")
    return OtherSide(Company(), others, ours, "neither the title nor those invited name another company")


def _choose(counts: Counter[str], title: Title) -> str:
    """The domain with the most people; of as many the one that the title names, then the first by name."""
    named = [domain for domain in counts if title.names and fits(title.names[0], domain)]
    return min(counts, key=lambda domain: (-counts[domain] - 0.5 * (domain in named), domain))


def fits(name: str, domain: str) -> bool:
    """Whether a name and a domain may be of one company.

    >>> (
    ...     fits("Acme Robotics, Inc.", "acme-robotics.com"),
    ...     fits("Harbor Lane", "harborlaneclinics.org"),
    ...     fits("Maple Street Bank", "msb.com"),
    ... )
    (True, True, True)
    >>> fits("Acme", "foobar.com")
    False
    """
    label = _SIGNS.sub("", domain.partition(".")[0]).casefold()
    bare = without_form(name).casefold()
    words = [word for word in _SIGNS.split(bare) if word]
    whole = "".join(words)
    if not whole or not label:
        return False
    if "." in name and _SIGNS.sub("", name).casefold() == _SIGNS.sub("", domain):
        return True
    if min(len(whole), len(label)) >= 4 and (whole.startswith(label) or label.startswith(whole)):
        return True
    if len(whole) >= 5 and whole in label:
        return True
    if len(words[0]) >= 4 and label.startswith(words[0]):
        return True  # "Apex Systems" at apexhq.com
    return len(words) > 1 and "".join(word[0] for word in words) == label


def _noted(call: Call, own: OwnCompany) -> str:
    """The company that a line of the notes names."""
    for text in (call.summary, call.agenda):
        for found in _SAID.finditer(text):
            name = found[1].strip(" *_\"'")
            if name and read_title(f"Call with {name}", own).names:
                return name
    return ""
