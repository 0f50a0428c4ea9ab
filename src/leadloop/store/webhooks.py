"""Webhooks: where to, and the messages that are to be delivered there, each until it was, or was given up.

A message comes into being in the very transaction that stores the score it tells of, so neither is there without the other. Of
the score it keeps the number alone: what is sent is made of the score when it is sent, so nothing of a lead is kept twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from leadloop.errors import Problem, StoreError
from leadloop.store.connections import Connections
from leadloop.store.paging import Page, read_page
from leadloop.store.tables import SCORES, SHADOW
from leadloop.store.webhook_tables import MESSAGES, WEBHOOKS

if TYPE_CHECKING:
    from leadloop.store.appending import Stored
    from leadloop.store.scores import Score

SCORED, ROUTED = "lead.scored", "lead.routed"
OF_LEADS = (SCORED, ROUTED)
"""Told of a score: each of them, or only the first of a lead and those that change its route."""
ON, OFF = "on", "off"
WAITING, SENT, GIVEN_UP, DROPPED = "waiting", "sent", "given up", "dropped"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told of scores."""

    id: str
    """Its name here."""
    url: str
    """Where to."""
    playbook: str
    """Of which playbook's leads; empty: of any."""
    types: tuple[str, ...]
    """Which kinds of messages."""
    routes: tuple[str, ...]
    """Of leads on which routes; empty: on any."""
    bands: tuple[str, ...]
    """Of leads in which bands; empty: in any."""
    fields: tuple[str, ...]
    """Which of the lead's own fields are sent along."""
    salt: str
    """What its secret is made of, together with a key that is not in the database."""
    key_mark: str
    """By which that key is known to be the right one."""
    old_salt: str | None
    """The same of the secret before, which signs along until `old_until`."""
    old_until: datetime | None
    """Until when."""
    state: str
    """`on`, or `off`."""
    why: str
    """Why it is off."""
    paused_until: datetime | None
    """It asked to be left alone until then."""
    made_by: str
    """Who made it."""
    created_at: datetime
    """When it was made."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one address, and what became of it."""

    id: int
    """Its number."""
    message: str
    """Its own name, the same however often it is sent."""
    webhook: str
    """Where to."""
    playbook: str
    """The playbook of the lead; empty where it tells of none."""
    lead_id: str
    """The lead; empty where it tells of none."""
    type: str
    """What it tells."""
    score_id: int | None
    """The score that it tells of."""
    said: Mapping[str, Any]
    """What it says besides."""
    state: str
    """`waiting`, `sent`, `given up` or `dropped`."""
    attempts: int
    """How often it was sent."""
    run_after: datetime
    """Not before this moment."""
    holder: str | None
    """Who is at it."""
    status: int | None
    """What was answered last."""
    error: str | None
    """What went wrong last."""
    seconds: float | None
    """How long the last answer took."""
    created_at: datetime
    """When what it tells of happened."""
    finished_at: datetime | None
    """When it was over."""


class Webhooks:
    """The webhooks of one store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, webhook: Webhook) -> None:
        """Keep a new address."""
        row = {name: getattr(webhook, name) for name in Webhook.__dataclass_fields__}
        with self._connections.write() as connection:
            connection.execute(WEBHOOKS.insert().values(**{name: _plain(value) for name, value in row.items()}))

    def get(self, identity: str) -> Webhook | None:
        """One address."""
        return next((one for one in self.all() if one.id == identity), None)

    def all(self) -> tuple[Webhook, ...]:
        """Every address, the oldest first."""
        with self._connections.read() as connection:
            rows = connection.execute(select(WEBHOOKS).order_by(WEBHOOKS.c.created_at, WEBHOOKS.c.id)).all()
        return tuple(_webhook(row) for row in rows)

    def remove(self, identity: str) -> bool:
        """Forget an address and all messages for it; false where it is not known."""
        with self._connections.write() as connection:
            connection.execute(MESSAGES.delete().where(MESSAGES.c.webhook == identity))
            return bool(connection.execute(WEBHOOKS.delete().where(WEBHOOKS.c.id == identity)).rowcount)

    def change(self, identity: str, **said: Any) -> bool:
        """Change what is said of an address; false where it is not known."""
        with self._connections.write() as connection:
            mine = update(WEBHOOKS).where(WEBHOOKS.c.id == identity)
            return bool(connection.execute(mine.values(**said)).rowcount)

    def turn_off(self, identity: str, why: str) -> int:
        """Send nothing there any more, and drop what waits; says how many messages that were."""
        now = self._connections.now()
        with self._connections.write() as connection:
            connection.execute(update(WEBHOOKS).where(WEBHOOKS.c.id == identity).values(state=OFF, why=why[:500]))
            mine = MESSAGES.c.webhook == identity, MESSAGES.c.state == WAITING
            over = {"state": DROPPED, "finished_at": now, "holder": None, "held_until": None}
            return connection.execute(update(MESSAGES).where(*mine).values(**over)).rowcount

    # --- what is to be told ---

    def listening(self, playbook: str) -> list[Webhook]:
        """Who is to be told of a playbook's scores."""
        mine = WEBHOOKS.c.state == ON, or_(WEBHOOKS.c.playbook == "", WEBHOOKS.c.playbook == playbook)
        with self._connections.read() as connection:
            rows = connection.execute(select(WEBHOOKS).where(*mine)).all()
        found = [_webhook(row) for row in rows]
        return [one for one in found if set(one.types) & set(OF_LEADS)]

    def routes_of(self, playbook: str, lead_ids: Collection[str]) -> dict[str, str]:
        """The route of each of some leads, by the newest score that anybody saw."""
        found: dict[str, str] = {}
        ids = sorted(set(lead_ids))
        with self._connections.read() as connection:
            for start in range(0, len(ids), _AT_ONCE):
                given = SCORES.c.lead_id.in_(ids[start : start + _AT_ONCE])
                some = SCORES.c.playbook == playbook, given, SCORES.c.arm != SHADOW
                newest = select(func.max(SCORES.c.id)).where(*some).group_by(SCORES.c.lead_id)
                query = select(SCORES.c.lead_id, SCORES.c.route).where(SCORES.c.id.in_(newest))
                found.update({row[0]: row[1] for row in connection.execute(query)})
        return found

    def tell_scores(
        self,
        playbook: str,
        scores: Sequence[Score],
        stored: Sequence[Stored],
        before: Mapping[str, str],
        listening: Sequence[Webhook],
    ) -> int:
        """Note a message for each new score and everybody who is to be told of it, inside the transaction that stores them.

        `before` are the routes of the leads before. Scores of leads without an identifier are told to
        nobody, and neither are those of a version that scores in the shadow.
        """
        routes, rows, now = dict(before), [], self._connections.now()
        for score, one in zip(scores, stored, strict=True):
            if not one.new or not score.lead_id or score.arm == SHADOW:
                continue
            previous = routes.get(score.lead_id)
            routes[score.lead_id] = score.route
            for webhook in listening:
                kinds = {SCORED} | ({ROUTED} if previous != score.route else set())
                told = [kind for kind in OF_LEADS if kind in kinds and kind in webhook.types]
                suits = (not webhook.routes or score.route in webhook.routes) and (
                    not webhook.bands or score.band in webhook.bands
                )
                for kind in told if suits else ():
                    said = {"previous_route": previous}
                    rows.append(self._row(webhook.id, kind, said, now, playbook, score.lead_id, one.id))
        self._insert(rows)
        return len(rows)

    def tell(self, kind: str, said: Mapping[str, Any], *, to: Sequence[str], playbook: str = "") -> tuple[str, ...]:
        """Note a message that tells of no score (an alert, a test) for some addresses; answers the names of the messages."""
        now = self._connections.now()
        rows = [self._row(webhook, kind, said, now, playbook, "", None) for webhook in to]
        self._insert(rows)
        return tuple(row["message"] for row in rows)

    def _row(
        self,
        webhook: str,
        kind: str,
        said: Mapping[str, Any],
        now: datetime,
        playbook: str,
        lead_id: str,
        score: int | None,
    ) -> dict[str, Any]:
        name = f"msg_{self._connections.random_bytes(16).hex()}"
        about = {"message": name, "webhook": webhook, "playbook": playbook, "lead_id": lead_id, "type": kind}
        standing = {"score_id": score, "said": dict(said), "state": WAITING, "attempts": 0, "run_after": now}
        return {**about, **standing, "created_at": now}

    def _insert(self, rows: Sequence[dict[str, Any]]) -> None:
        with self._connections.write() as connection:
            for start in range(0, len(rows), _AT_ONCE):
                connection.execute(MESSAGES.insert(), rows[start : start + _AT_ONCE])

    # --- delivering ---

    def claim(
        self, holder: str, *, seconds: float, room: Mapping[str, int], usual: int, most: int
    ) -> tuple[Message, ...]:
        """Take messages that are due and hold them for so long, the oldest first.

        Of each address at most `usual` are taken, or as many as `room` says. A message waits for the one before it of the same
        lead and address, and for nobody else's.
        """
        now = self._connections.now()
        earlier = MESSAGES.alias("earlier")
        blocked = select(earlier.c.id).where(
            *(earlier.c.webhook == MESSAGES.c.webhook, earlier.c.playbook == MESSAGES.c.playbook),
            *(earlier.c.lead_id == MESSAGES.c.lead_id, earlier.c.lead_id != "", earlier.c.state == WAITING),
            earlier.c.id < MESSAGES.c.id,
        )
        free = or_(MESSAGES.c.held_until.is_(None), MESSAGES.c.held_until <= now)
        ready: list[ColumnElement[bool]] = [MESSAGES.c.state == WAITING, MESSAGES.c.run_after <= now, free]
        with self._connections.read() as connection:
            if connection.execute(select(MESSAGES.c.id).where(*ready).limit(1)).first() is None:
                return ()
        resting = or_(WEBHOOKS.c.paused_until.is_(None), WEBHOOKS.c.paused_until <= now)
        with self._connections.write() as connection:
            self._connections.lock(
                connection, 7
            )  # of two workers one chooses at a time, so that each sees what is held
            awake = select(WEBHOOKS.c.id).where(WEBHOOKS.c.state == ON, resting).order_by(WEBHOOKS.c.id)
            chosen: list[int] = []
            for webhook in connection.execute(awake).scalars().all():
                fit = min(room.get(webhook, usual), most - len(chosen))
                if fit > 0:
                    due = select(MESSAGES.c.id).where(*ready, MESSAGES.c.webhook == webhook, ~blocked.exists())
                    chosen += connection.execute(due.order_by(MESSAGES.c.id).limit(fit)).scalars().all()
            if not chosen:
                return ()
            held = {
                "holder": holder,
                "held_until": now + timedelta(seconds=seconds),
                "attempts": MESSAGES.c.attempts + 1,
            }
            mine = update(MESSAGES).where(MESSAGES.c.id.in_(chosen)).values(**held).returning(MESSAGES)
            rows = connection.execute(mine).all()
        return tuple(sorted(map(_message, rows), key=lambda one: one.id))

    def release(self, holder: str) -> int:
        """Give back what was taken and not sent."""
        freed = {"holder": None, "held_until": None, "attempts": MESSAGES.c.attempts - 1}
        mine = MESSAGES.c.holder == holder, MESSAGES.c.state == WAITING
        with self._connections.write() as connection:
            return connection.execute(update(MESSAGES).where(*mine).values(**freed)).rowcount

    def end(self, one: Message, state: str, *, status: int | None, error: str | None, seconds: float) -> bool:
        """Say what became of a message at last; false where it is not ours any more."""
        over = {"state": state, "finished_at": self._connections.now()}
        return self._say(one, **over, status=status, error=error, seconds=seconds)

    def put_off(self, one: Message, *, after: float, status: int | None, error: str | None, seconds: float) -> bool:
        """Say that a message is to be sent again after so many seconds; false where it is not ours any more."""
        again = {"run_after": self._connections.now() + timedelta(seconds=after)}
        return self._say(one, **again, status=status, error=error, seconds=seconds)

    def _say(self, one: Message, **said: Any) -> bool:
        ours = MESSAGES.c.id == one.id, MESSAGES.c.holder == one.holder, MESSAGES.c.attempts == one.attempts
        freed = {"holder": None, "held_until": None}
        if isinstance(said.get("error"), str):
            said["error"] = said["error"][:500]
        with self._connections.write() as connection:
            mine = update(MESSAGES).where(*ours, MESSAGES.c.state == WAITING)
            return bool(connection.execute(mine.values(**freed, **said)).rowcount)

    def again(self, number: int) -> Message:
        """Let a message that was given up, or sent, be sent once more, now.

        Raises StoreError where there is none of this number, or it waits anyway.
        """
        anew = {"state": WAITING, "attempts": 0, "run_after": self._connections.now(), "finished_at": None}
        over = MESSAGES.c.id == number, MESSAGES.c.state.in_((GIVEN_UP, SENT))
        with self._connections.write() as connection:
            row = connection.execute(update(MESSAGES).where(*over).values(**anew).returning(MESSAGES)).first()
        if row is None:
            raise StoreError(
                "webhooks", Problem(f"message {number}", "is none that was sent or given up", "see the list")
            )
        return _message(row)

    def score(self, number: int) -> Score | None:
        """The score that a message tells of; none where it is gone."""
        from leadloop.store.scores import _score

        with self._connections.read() as connection:
            row = connection.execute(select(SCORES).where(SCORES.c.id == number)).first()
        return None if row is None else _score(row)

    def waiting(self) -> int:
        """How many messages wait."""
        with self._connections.read() as connection:
            query = select(func.count()).select_from(MESSAGES).where(MESSAGES.c.state == WAITING)
            return int(connection.execute(query).scalar_one())

    def due(self) -> bool:
        """Whether a message could be sent now."""
        now = self._connections.now()
        resting = or_(WEBHOOKS.c.paused_until.is_(None), WEBHOOKS.c.paused_until <= now)
        awake = select(WEBHOOKS.c.id).where(WEBHOOKS.c.state == ON, resting)
        ready = and_(MESSAGES.c.state == WAITING, MESSAGES.c.run_after <= now, MESSAGES.c.webhook.in_(awake))
        with self._connections.read() as connection:
            return connection.execute(select(MESSAGES.c.id).where(ready).limit(1)).first() is not None

    def counts(self) -> dict[str, dict[str, int]]:
        """How many messages of each address are in each state."""
        query = select(MESSAGES.c.webhook, MESSAGES.c.state, func.count()).group_by(
            MESSAGES.c.webhook, MESSAGES.c.state
        )
        found: dict[str, dict[str, int]] = {}
        with self._connections.read() as connection:
            for webhook, state, count in connection.execute(query):
                found.setdefault(webhook, {})[state] = int(count)
        return found

    def page(self, webhook: str = "", *, after: str | None = None, limit: int = 100) -> Page[Message]:
        """Messages, the newest first; of one address on request."""
        query = select(MESSAGES) if not webhook else select(MESSAGES).where(MESSAGES.c.webhook == webhook)
        by, listing = MESSAGES.c.id, "deliveries"
        return read_page(self._connections, listing, query, by, _message, after=after, limit=limit, newest_first=True)

    def of_lead(self, playbook: str, lead_id: str) -> list[Message]:
        """The messages that told of a lead."""
        mine = MESSAGES.c.playbook == playbook, MESSAGES.c.lead_id == lead_id
        with self._connections.read() as connection:
            return [_message(row) for row in connection.execute(select(MESSAGES).where(*mine).order_by(MESSAGES.c.id))]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _webhook(row: Any) -> Webhook:
    values: dict[str, Any] = {name: getattr(row, name) for name in Webhook.__dataclass_fields__}
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Webhook(**(values | lists))


def _message(row: Any) -> Message:
    return Message(**{name: getattr(row, name) for name in Message.__dataclass_fields__})
