"""The addresses that are told: made, listed, tried, given a new secret, and removed."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.notify.signing_key import make_key
from leadloop.flows.place.known_playbooks import read_found
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.notify.signature import mark_of, secret_of
from leadloop.outbound.addresses import refuse_address
from leadloop.outbound.targets import read_origin, read_target

if TYPE_CHECKING:
    from leadloop.store.webhooks import Webhook

TYPES = ("lead.scored", "lead.routed", "alert")
"""What can be told: every score of a lead; its first and each that changes its route; what somebody should look at."""
TEST = "test"
_OLD_SECRET_HOURS = 24
_MOST = 50


@dataclass(frozen=True)
class NewWebhook:
    """A webhook with its secret, which is shown this once."""

    webhook: Webhook
    secret: str = field(repr=False)


def add_webhook(
    place: Workspace,
    url: str,
    *,
    playbook: str = "",
    types: Sequence[str] = ("lead.routed",),
    routes: Sequence[str] = (),
    bands: Sequence[str] = (),
    fields: Sequence[str] = (),
    who: str,
) -> NewWebhook:
    """Tell an address of scores from now on; raises LeadLoopError with everything that is wrong."""
    from leadloop.store.webhooks import ON, Webhook

    problems: list[Problem] = []
    own = own_origins(place)
    try:
        target = read_target(url, own_origins=own)
        url = target.url
        if target.literal is not None and target.origin not in own and (why := refuse_address(target.literal)):
            mend = "name it under `webhook_origins`, if it is a machine of yours"
            problems.append(Problem("url", f"{target.literal} is {why}", mend))
    except LeadLoopError as error:
        problems += [Problem("url", f"{one.where} {one.what}", one.mend) for one in error.problems]
    problems += [
        Problem("types", f"“{one[:40]}” is none", f"take {', '.join(TYPES)}") for one in types if one not in TYPES
    ]
    if not types:
        problems.append(Problem("types", "are none", f"take {', '.join(TYPES)}"))
    if playbook and (wrong := _explain_playbook(place, playbook, routes, bands, fields)):
        problems += wrong
    for name, given in (("routes", routes), ("bands", bands), ("fields", fields)):
        if len(given) > _MOST or any(not isinstance(one, str) or not 0 < len(one) <= 255 for one in given):
            problems.append(Problem(name, f"are no names, or more than {_MOST}", "name them as the playbook does"))
    store = place.store
    if len(store.webhooks.all()) >= _MOST:
        problems.append(Problem("webhooks", f"are {_MOST} already", "remove one"))
    if problems:
        raise LeadLoopError("webhook", problems)
    key, salt = make_key(place), secrets.token_hex(16)
    made = Webhook(
        id=f"wh_{secrets.token_hex(8)}",
        url=url,
        playbook=playbook,
        types=tuple(types),
        routes=tuple(routes),
        bands=tuple(bands),
        fields=tuple(fields),
        salt=salt,
        key_mark=mark_of(key),
        old_salt=None,
        old_until=None,
        state=ON,
        why="",
        paused_until=None,
        made_by=who[:255],
        created_at=datetime.now(UTC),
    )
    with store.transaction():
        store.webhooks.add(made)
        store.audit.add(who, "add webhook", {"webhook": made.id})
    return NewWebhook(made, secret_of(key, salt))


def rotate_secret(place: Workspace, identity: str, *, who: str) -> NewWebhook:
    """Give a webhook a new secret. The old one signs along for a day, so that its receiver can change over."""
    store = place.store
    one = find_webhook(place, identity)
    key, salt = make_key(place), secrets.token_hex(16)
    same = one.key_mark == mark_of(key)
    until = datetime.now(UTC) + timedelta(hours=_OLD_SECRET_HOURS) if same else None
    with store.transaction():
        store.webhooks.change(
            identity, salt=salt, key_mark=mark_of(key), old_salt=one.salt if same else None, old_until=until
        )
        store.audit.add(who, "rotate webhook", {"webhook": identity})
    return NewWebhook(find_webhook(place, identity), secret_of(key, salt))


def test_webhook(place: Workspace, identity: str) -> str:
    """Send a test message there, like any other; answers its name."""
    one = find_webhook(place, identity)
    if one.state != "on":
        raise LeadLoopError("webhooks", Problem(identity, f"is off: {one.why}", "turn it on: leadloop webhooks on"))
    said = {"message": "This is a test.", "webhook": identity}
    return place.store.webhooks.tell(TEST, said, to=[identity])[0]


test_webhook.__test__ = False  # type: ignore[attr-defined]  # it sends a test and is none


def turn_on(place: Workspace, identity: str, *, who: str) -> None:
    """Send to a webhook again that was turned off, from now on."""
    find_webhook(place, identity)
    with place.store.transaction():
        place.store.webhooks.change(identity, state="on", why="", paused_until=None)
        place.store.audit.add(who, "turn webhook on", {"webhook": identity})


def remove_webhook(place: Workspace, identity: str, *, who: str) -> None:
    """Forget a webhook and all of its messages."""
    with place.store.transaction():
        if not place.store.webhooks.remove(identity):
            raise unknown(identity)
        place.store.audit.add(who, "remove webhook", {"webhook": identity})


def tell_alert(place: Workspace, data: dict[str, Any], *, playbook: str = "") -> tuple[str, ...]:
    """Tell everybody who listens to alerts, within the transaction that is open if there is one; answers the messages' names."""
    webhooks = place.store.webhooks
    to = [
        one.id
        for one in webhooks.all()
        if one.state == "on" and "alert" in one.types and one.playbook in ("", playbook)
    ]
    return webhooks.tell("alert", data, to=to, playbook=playbook)


def find_webhook(place: Workspace, identity: str) -> Webhook:
    """A webhook by its name; raises LeadLoopError where there is none."""
    if one := place.store.webhooks.get(identity):
        return one
    raise unknown(identity)


def unknown(identity: str) -> LeadLoopError:
    """What to raise where a webhook is not known."""
    return LeadLoopError("webhooks", Problem(identity[:40] or "id", "is not known here", "see leadloop webhooks list"))


def own_origins(place: Workspace) -> frozenset[str]:
    """The origins inside one's own network that webhooks may go to, by the setting `webhook_origins`."""
    found, problems = [], []
    for text in read_settings(place.root).webhook_origins:
        try:
            found.append(read_origin(text))
        except LeadLoopError as error:
            problems += [Problem("webhook_origins", f"“{text[:60]}”: {one.what}", one.mend) for one in error.problems]
    if problems:
        raise LeadLoopError("settings", problems)
    return frozenset(found)


def _explain_playbook(
    place: Workspace, playbook: str, routes: Collection[str], bands: Collection[str], fields: Collection[str]
) -> list[Problem]:
    """What a playbook does not have, where it can be looked into."""

    try:
        found = read_found(place, playbook).playbook
    except LeadLoopError as error:
        if place.registry.champion(playbook):
            return []  # its folder is elsewhere
        return [Problem("playbook", one.what, one.mend) for one in error.problems[:1]]
    policy = found.policy
    known_routes = {one.name for one in policy.routes}
    known = (
        ("routes", routes, known_routes),
        ("bands", bands, {one.name for one in policy.bands}),
        ("fields", fields, set(found.scoring_schema.by_name)),
    )
    return [
        Problem(name, f"“{one[:40]}” is none of {playbook}", f"take {', '.join(sorted(there)[:20])}")
        for name, given, there in known
        for one in given
        if there and one not in there
    ]
