"""Alerts: what somebody should look at is noted once, told once in a while, and told again when it becomes more urgent.

They go wherever `alert_urls` say, as Apprise writes addresses, or else to the log. Workers tell them: whoever finds something
only notes it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from leadloop.errors import DependencyMissing, LeadLoopError, Problem
from leadloop.flows.loop.kinds import TELL
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace

if TYPE_CHECKING:
    from leadloop.store import Alert

_log = logging.getLogger("leadloop.alerts")
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.ERROR}
_KINDS = {"info": "info", "warning": "warning", "critical": "failure"}
_RANK = {"info": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that somebody should look at."""

    rule: str
    """What watches for it, as in `accuracy`."""
    severity: str
    """`info`, `warning` or `critical`."""
    title: str
    """It in a few words."""
    text: str
    """It in full; no word about any person."""
    mend: str
    """What to do about it."""
    playbook: str = ""
    """The playbook that it is about."""
    about: str = ""
    """Which of several things it is about."""


class NotTold(Exception):
    """No address took the alerts; they are told later."""


def raise_alert(place: Workspace, finding: Finding) -> Alert:
    """Note what somebody should look at, and let a worker tell it."""
    store = place.store
    with store.transaction():
        alert = store.alerts.add(
            finding.rule,
            playbook=finding.playbook,
            about=finding.about[:255],
            severity=finding.severity,
            title=finding.title,
            text=finding.text,
            mend=finding.mend,
        )
        ask_to_tell(place)
    return alert


def ask_to_tell(place: Workspace) -> int:
    """Ask for a job that tells what is to be told."""
    from leadloop.flows.work.jobs import ask_for

    return ask_for(place, TELL, "", {}, who="alerts")


def tell_alerts(place: Workspace, *, keep: Callable[[str], None] = lambda note: None) -> dict[str, Any]:
    """Tell people of what they were not told yet, all of it in one message, and say how many and where.

    Raises LeadLoopError where an address is none, and NotTold where no address took the message: it is sent again later.
    """
    settings = read_settings(place.root)
    alerts = place.store.alerts
    cool_down = timedelta(minutes=settings.alert_cool_down_minutes)
    waiting = alerts.untold(cool_down=cool_down)
    least = _RANK[settings.alert_least]
    urgent = [one for one in waiting if _RANK[one.severity] >= least]
    failed: list[str] = []
    if urgent:
        keep(f"telling of {len(urgent)} alerts")
        failed = _send(settings.alert_urls, urgent) if settings.alert_urls else _log_all(urgent)
    for one in waiting:
        alerts.told(one)
    return {"told": len(urgent), "listed": len(waiting) - len(urgent), "failed": failed}


def _log_all(alerts: Sequence[Alert]) -> list[str]:
    for one in alerts:
        _log.log(_LEVELS[one.severity], "%s", " ".join(write_alert(one).split()))
    return []


def _send(urls: Sequence[str], alerts: Sequence[Alert]) -> list[str]:
    """Send all alerts to every address; the addresses that did not take them, without their secrets."""
    title, body = write_message(alerts)
    worst = max(alerts, key=lambda one: _RANK[one.severity]).severity
    failed: list[str] = []
    for shown, sender in read_addresses(urls):
        if not sender.notify(title=title, body=body, notify_type=_KINDS[worst]):
            failed.append(shown)
    if len(failed) == len(urls):
        raise NotTold
    for url in failed:
        _log.warning("alerts were not taken by %s", url)
    return failed


def read_addresses(urls: Sequence[str]) -> list[tuple[str, Any]]:
    """How each address may be shown, and what sends to it.

    Raises LeadLoopError naming each that is none by its place, since addresses hold secrets.

    Raises DependencyMissing where Apprise is not installed.
    """
    try:
        import apprise
    except ModuleNotFoundError:
        mend = "install the notify extra: pip install 'leadloop[notify]'; without addresses, alerts go to the log"
        raise DependencyMissing("alerts", Problem("apprise", "is not installed", mend)) from None
    senders, problems = [], []
    for place, url in enumerate(urls, 1):
        sender = apprise.Apprise()
        if sender.add(url):
            senders.append((show_address(url), sender))
        else:
            scheme = url.partition("://")[0][:20] if "://" in url else "?"
            mend = "write it as Apprise does, as in mailto://, slack:// or json://"
            problems.append(Problem(f"alert_urls, number {place}", f"({scheme}://…) is no address", mend))
    if problems:
        raise LeadLoopError("settings", problems)
    return senders


def show_address(url: str) -> str:
    """An address without anything that may be secret: users, paths and queries hold tokens, and what is no machine does too.

    >>> show_address("json://127.0.0.1:8080/hook?+X-Token=abc"), show_address("slack://TokenA/TokenB/TokenC")
    ('json://127.0.0.1:8080/…', 'slack://…')
    """
    scheme, _, rest = url.partition("://")
    machine = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    plain = scheme in ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "http", "https")
    return f"{scheme}://{machine}/…" if plain and machine else f"{scheme}://…"


def write_message(alerts: Sequence[Alert]) -> tuple[str, str]:
    """The title and the text of one message about several alerts, the most urgent first."""
    ordered = sorted(alerts, key=lambda one: -_RANK[one.severity])
    first = ordered[0]
    more = f" and {len(ordered) - 1} more" if len(ordered) > 1 else ""
    return f"LeadLoop, {first.severity}: {first.title}{more}", "\n\n".join(map(write_alert, ordered))


def write_alert(alert: Alert) -> str:
    """An alert in a few lines: what it is, since when, and what to do."""
    where = f" ({alert.playbook})" if alert.playbook else ""
    since = f"since {alert.first_at:%Y-%m-%d %H:%M} UTC, seen {alert.times} times" if alert.times > 1 else ""
    lines = (f"{alert.severity}: {alert.title}{where}", alert.text, since, f"What to do: {alert.mend}")
    return "\n".join(line for line in lines if line)
