"""Rollouts: a version on its way into service, first scored beside the one that serves, then with a share of the leads.

Of each playbook one version is on its way at a time. Every change of its state is kept, and stands in the audit log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Float, cast, func, select, update

from leadloop.errors import Problem, StoreConflict, StoreError
from leadloop.store.audit import Audit
from leadloop.store.connections import Connections
from leadloop.store.loop_tables import ROLLOUT_CHANGES, ROLLOUT_COUNTS, ROLLOUTS
from leadloop.store.paging import Page, read_page

SHADOW, CANARY, PROMOTED, ROLLED_BACK, STOPPED = "shadow", "canary", "promoted", "rolled_back", "stopped"
STATES = (SHADOW, CANARY, PROMOTED, ROLLED_BACK, STOPPED)
"""`shadow`: it scores too, and nobody sees it. `canary`: it scores a share of the leads. The others are the end."""
_NEXT: Mapping[str, tuple[str, ...]] = {
    SHADOW: (CANARY, PROMOTED, ROLLED_BACK, STOPPED),
    CANARY: (CANARY, PROMOTED, ROLLED_BACK, STOPPED),
}


@dataclass(frozen=True, slots=True)
class Rollout:
    """A version on its way into service."""

    id: int
    """Its number."""
    playbook: str
    """The playbook."""
    model_version: str
    """The version."""
    policy: str
    """The fingerprint of the policy that goes with it; empty for the version's own."""
    against: str
    """The version in service when it began, which it is compared with; empty where there was none."""
    state: str
    """`shadow`, `canary`, `promoted`, `rolled_back` or `stopped`."""
    share: float
    """The percent of leads that it scores for real."""
    salt: str
    """What leads are shuffled with, so that each lead stays with the version that it met first."""
    begun_at: datetime
    """When it began."""
    since: datetime
    """Since when it has this state and share."""
    ended_at: datetime | None
    """When it was over; none while it goes on."""
    who: str
    """Who changed it last."""
    why: str
    """And why."""
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What was known when it changed last."""

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class RolloutChange:
    """One change of a rollout."""

    at: datetime
    """When."""
    state: str
    """Its state since."""
    share: float
    """The percent of leads since."""
    who: str
    """By whom."""
    why: str
    """The reason."""
    evidence: Mapping[str, Any] = field(repr=False)
    """What was known then."""


@dataclass(frozen=True, slots=True)
class ArmCount:
    """How one arm of a rollout did at its work."""

    arm: str
    """`champion`, `canary` or `shadow`."""
    leads: int
    """How many leads it was to score."""
    failures: int
    """How many of them it could not."""
    milliseconds: float
    """How long it took for all of them."""


class Rollouts:
    """The rollouts of every playbook."""

    def __init__(self, connections: Connections, audit: Audit) -> None:
        self._connections, self._audit = connections, audit

    def start(
        self,
        playbook: str,
        model_version: str,
        *,
        against: str,
        who: str,
        why: str,
        policy: str = "",
        state: str = SHADOW,
        share: float = 0.0,
        evidence: Mapping[str, Any] | None = None,
    ) -> Rollout:
        """Begin to bring a version into service; raises StoreConflict where another one is on its way."""
        _require(state in _NEXT, "state", f"is “{state}”", f"begin with {SHADOW} or {CANARY}")
        _require_share(state, share)
        now = self._connections.now()
        row = {
            "playbook": playbook,
            "open_playbook": playbook,
            "model_version": model_version,
            "policy": policy,
            "against": against,
            "state": state,
            "share": share,
            "who": who,
            "why": why,
            "begun_at": now,
            "since": now,
            "evidence": dict(evidence or {}),
            "salt": self._connections.random_bytes(16).hex(),
        }
        insertion = self._connections.insert(ROLLOUTS).values(row)
        with self._connections.write() as connection:
            added = connection.execute(
                insertion.on_conflict_do_nothing(index_elements=["open_playbook"]).returning(ROLLOUTS)
            ).first()
            if added is None:
                mend = "wait for it, or end it with `leadloop rollout stop`"
                raise StoreConflict(playbook, Problem("rollout", "goes on with another version", mend))
            begun = _rollout(added)
            self._note(begun)
        return begun

    def change(
        self,
        rollout: Rollout,
        state: str,
        *,
        who: str,
        why: str,
        share: float | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> Rollout:
        """Bring a rollout into its next state, or give it another share.

        Raises StoreConflict where somebody else changed it meanwhile, and StoreError where there is no way to that state.
        """
        share = (rollout.share if state == CANARY else 0.0) if share is None else share
        way = state in _NEXT.get(rollout.state, ())
        _require(way, "state", f"cannot become {state} from {rollout.state}", "start another rollout")
        _require_share(state, share)
        now = self._connections.now()
        over = state not in _NEXT
        said = {
            "state": state,
            "share": share,
            "since": now,
            "who": who,
            "why": why,
            "evidence": dict(evidence or {}),
            "open_playbook": None if over else rollout.playbook,
            "ended_at": now if over else None,
        }
        same = (
            ROLLOUTS.c.id == rollout.id,
            ROLLOUTS.c.state == rollout.state,
            ROLLOUTS.c.share == rollout.share,
            ROLLOUTS.c.since == rollout.since,
        )
        with self._connections.write() as connection:
            row = connection.execute(update(ROLLOUTS).where(*same).values(said).returning(ROLLOUTS)).first()
            if row is None:
                problem = Problem("rollout", "was changed by somebody else meanwhile", "look again at what it is")
                raise StoreConflict(rollout.playbook, problem)
            changed = _rollout(row)
            self._note(changed)
        return changed

    def note(self, rollout: Rollout, *, who: str, why: str, evidence: Mapping[str, Any]) -> Rollout:
        """Note something of a rollout, as that somebody approved of it; its state, share and their age stay as they are.

        Raises StoreConflict where it is over, or was changed meanwhile.
        """
        same = (
            ROLLOUTS.c.id == rollout.id,
            ROLLOUTS.c.since == rollout.since,
            ROLLOUTS.c.open_playbook.is_not(None),
        )
        said = {"who": who, "why": why, "evidence": dict(evidence)}
        with self._connections.write() as connection:
            row = connection.execute(update(ROLLOUTS).where(*same).values(said).returning(ROLLOUTS)).first()
            if row is None:
                problem = Problem("rollout", "was changed by somebody else meanwhile", "look again at what it is")
                raise StoreConflict(rollout.playbook, problem)
            changed = _rollout(row)
            self._note(changed, at=self._connections.now())
        return changed

    def _note(self, rollout: Rollout, at: datetime | None = None) -> None:
        """The record of a change, and its row in the audit log."""
        with self._connections.write() as connection:
            connection.execute(
                ROLLOUT_CHANGES.insert().values(
                    rollout_id=rollout.id,
                    at=at or rollout.since,
                    state=rollout.state,
                    share=rollout.share,
                    who=rollout.who,
                    why=rollout.why,
                    evidence=dict(rollout.evidence),
                )
            )
        told = {"playbook": rollout.playbook, "rollout": rollout.id, "version": rollout.model_version}
        self._audit.add(rollout.who, f"rollout {rollout.state}", {**told, "share": rollout.share})

    def current(self, playbook: str) -> Rollout | None:
        """The rollout that goes on; none where there is none."""
        query = select(ROLLOUTS).where(ROLLOUTS.c.open_playbook == playbook)
        with self._connections.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _rollout(row)

    def going_on(self) -> tuple[Rollout, ...]:
        """Every rollout that goes on, by playbook."""
        query = select(ROLLOUTS).where(ROLLOUTS.c.open_playbook.is_not(None)).order_by(ROLLOUTS.c.playbook)
        with self._connections.read() as connection:
            return tuple(_rollout(row) for row in connection.execute(query))

    def get(self, number: int) -> Rollout | None:
        """A rollout by its number."""
        with self._connections.read() as connection:
            row = connection.execute(select(ROLLOUTS).where(ROLLOUTS.c.id == number)).first()
        return None if row is None else _rollout(row)

    def of_version(self, playbook: str, model_version: str) -> Rollout | None:
        """The newest rollout of a version; none where it had none."""
        mine = ROLLOUTS.c.playbook == playbook, ROLLOUTS.c.model_version == model_version
        with self._connections.read() as connection:
            row = connection.execute(select(ROLLOUTS).where(*mine).order_by(ROLLOUTS.c.id.desc()).limit(1)).first()
        return None if row is None else _rollout(row)

    def changes(self, rollout: int) -> tuple[RolloutChange, ...]:
        """Everything that happened to a rollout, oldest first."""
        query = select(ROLLOUT_CHANGES).where(ROLLOUT_CHANGES.c.rollout_id == rollout).order_by(ROLLOUT_CHANGES.c.id)
        with self._connections.read() as connection:
            return tuple(
                RolloutChange(row.at, row.state, row.share, row.who, row.why, row.evidence)
                for row in connection.execute(query)
            )

    def page(self, playbook: str, *, after: str | None = None, limit: int = 100) -> Page[Rollout]:
        """Every rollout of a playbook, the newest first."""
        query = select(ROLLOUTS).where(ROLLOUTS.c.playbook == playbook)
        return read_page(
            self._connections, "rollouts", query, ROLLOUTS.c.id, _rollout, after=after, limit=limit, newest_first=True
        )

    def count(self, rollout: int, counts: Sequence[ArmCount]) -> None:
        """Add what arms did in this hour to what was counted before."""
        hour = self._connections.now().replace(minute=0, second=0, microsecond=0)
        with self._connections.write() as connection:
            for one in sorted(counts, key=lambda one: one.arm):
                row = {"leads": one.leads, "failures": one.failures, "milliseconds": float(one.milliseconds)}
                insertion = self._connections.insert(ROLLOUT_COUNTS).values(
                    rollout_id=rollout, arm=one.arm, hour=hour, **row
                )
                added = {name: getattr(ROLLOUT_COUNTS.c, name) + value for name, value in row.items()}
                connection.execute(
                    insertion.on_conflict_do_update(index_elements=["rollout_id", "arm", "hour"], set_=added)
                )

    def counts(self, rollout: int, *, since: datetime | None = None) -> dict[str, ArmCount]:
        """What arms did, by arm; since the hour of a moment on request."""
        column = ROLLOUT_COUNTS.c
        query = select(
            column.arm, func.sum(column.leads), func.sum(column.failures), cast(func.sum(column.milliseconds), Float)
        ).where(column.rollout_id == rollout)
        if since is not None:
            query = query.where(column.hour >= since.replace(minute=0, second=0, microsecond=0))
        with self._connections.read() as connection:
            rows = connection.execute(query.group_by(column.arm)).all()
        return {row[0]: ArmCount(row[0], int(row[1]), int(row[2]), float(row[3])) for row in rows}


def _require(right: bool, where: str, what: str, mend: str) -> None:
    if not right:
        raise StoreError("rollout", Problem(where, what, mend))


def _require_share(state: str, share: float) -> None:
    right = 0 < share <= 100 if state == CANARY else share == 0
    _require(right, "share", f"is {share:g} percent in {state}", "a canary gets more than 0 and up to 100 percent")


def _rollout(row: Any) -> Rollout:
    return Rollout(
        row.id,
        row.playbook,
        row.model_version,
        row.policy,
        row.against,
        row.state,
        row.share,
        row.salt,
        row.begun_at,
        row.since,
        row.ended_at,
        row.who,
        row.why,
        row.evidence,
    )
