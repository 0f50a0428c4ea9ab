"""Governance: which versions there are, what each is for, who put them in service and why, and the log of who did what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadloop.flows.loop.facts import made_at
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.models import VersionLine, list_versions
from leadloop.flows.watch.look import tested

if TYPE_CHECKING:
    from leadloop.store import PromotionRecord


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One saved version in a line."""

    id: str
    """Its id."""
    release: str
    """Its release."""
    created_at: datetime
    """When it was made."""
    parent: str
    """The version that was in service when it was trained; empty for none."""
    serves: bool
    """Whether it is in service."""
    aliases: tuple[str, ...]
    """Its other names."""
    method: str
    """The models it is blended of, with their weights."""
    leads: int | None
    """How many leads it learned from."""
    metrics: Mapping[str, float]
    """What was measured on its test leads."""
    synthetic: bool
    """Whether it learned from synthetic leads."""
    apart: bool
    """Whether it was tested on other leads than the version in service, so that figures are not to be compared."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing that somebody did."""

    number: int
    """Its place in the log."""
    at: datetime
    """When."""
    who: str
    """Who."""
    action: str
    """What."""
    subject: str
    """The pseudonym of the lead it was done to; empty where it was none."""
    details: Mapping[str, Any]
    """What else is to be known of it."""
    hash: str
    """The hash of this row and of all before it."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of the audit log, the newest first."""

    items: tuple[AuditLine, ...]
    """The rows."""
    next: str | None
    """The mark of the page after this one; None where this is the last."""
    rows: int
    """How many rows the log has."""
    head: str
    """The hash of the last one; noted elsewhere, it proves later that nothing before was rewritten."""


@dataclass(frozen=True, slots=True)
class Governance:
    """The versions of a playbook."""

    playbook: str
    """The playbook."""
    versions: tuple[VersionFacts, ...]
    """Every saved version, the newest first."""
    promotions: tuple[PromotionRecord, ...]
    """What was put in service when, by whom and why, the newest first."""
    doubt: str
    """Why which one serves is only what was last known; empty where the database says so."""


def read_governance(place: Workspace, playbook: str, *, promotions: int = 50) -> Governance:
    """The versions of a playbook, and what was put in service when and why."""
    lines = list_versions(playbook, workspace=place)
    aliases: dict[str, list[str]] = {}
    for one in place.store.promotions.aliases(playbook):
        aliases.setdefault(one.model_version, []).append(one.alias)
    return Governance(
        playbook=playbook,
        versions=tuple(
            _tell_version(line, tuple(sorted(aliases.get(line.version.id, ())))) for line in reversed(lines)
        ),
        promotions=tuple(place.store.promotions.newest(playbook, most=promotions)),
        doubt=next((line.doubt for line in lines if line.doubt), ""),
    )


def _tell_version(line: VersionLine, aliases: tuple[str, ...]) -> VersionFacts:
    version = line.version
    leads = version.data.get("used")
    return VersionFacts(
        id=version.id,
        release=version.release,
        created_at=made_at(version),
        parent=version.parent or "",
        serves=line.serves,
        aliases=aliases,
        method=", ".join(f"{one['name']} {one['weight']:.2f}" for one in version.members if one.get("weight")),
        leads=leads if isinstance(leads, int) else None,
        metrics=dict(tested(version)),
        synthetic=version.synthetic,
        apart=line.apart,
    )


def read_audit(
    place: Workspace, *, action: str = "", who: str = "", after: str | None = None, limit: int = 50
) -> AuditPage:
    """The audit log, the newest first; only one kind of action, or what somebody did, on request."""
    page = place.store.audit.page(action=action, who=who, after=after, limit=limit, newest_first=True)
    head = place.store.audit.head()
    return AuditPage(
        items=tuple(
            AuditLine(one.number, one.at, one.who, one.action, one.subject, one.details, one.hash) for one in page.items
        ),
        next=page.next,
        rows=head.number,
        head=head.hash,
    )
