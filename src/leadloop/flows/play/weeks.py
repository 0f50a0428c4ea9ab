"""What is noted of each week of a play, and what all weeks together show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

DETECTED_WITHIN_DAYS = 14.0
"""Within so many days of the evidence the loop has to notice."""
WON_BACK = 0.8
"""The share of the lost AUC that it has to win back."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of the loop that calls for a training."""

    at: datetime
    """When."""
    trigger: str
    """What spoke: accuracy, decline, f1 or drift."""
    said: str
    """In words."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week: what the loop knew and did, and, beside it, the truth."""

    week: int
    """Its number, from 1."""
    start: datetime
    """Its first moment."""
    leads: int
    """How many leads came."""
    estimate: float | None
    """The AUC that was estimated of its scores before any of them had ended."""
    matured: float | None
    """The AUC of the newest scores whose leads had ended by then."""
    matured_from: str
    """The day from which on those scores were given."""
    drift: str
    """What was made of drift: quiet, noted or alarm."""
    triggers: tuple[str, ...]
    """What called for a training."""
    alarms: int
    """How many of these were alarms, and no routine."""
    trained: tuple[str, ...]
    """What became of each version that was trained, as in `v2: better`."""
    in_service: str
    """The version in service at its end."""
    trial: str
    """The version on trial at its end, and how far it was."""
    shares: Mapping[str, float]
    """The share of its leads that each version scored."""
    auc_truth: float
    """The AUC of the true probabilities: nobody can do better."""
    auc_with: float
    """The AUC, against the truth, of the scores that were given."""
    auc_without: float
    """The same of the first version, had nothing replaced it."""
    auc_unchanged: float
    """The same of the first version, had the world not changed."""
    error_with: float
    """How far the probabilities given lie from the true ones, on average."""
    error_without: float
    """The same of the first version."""
    regret_with: float
    """How many sales, in expectation, are missed by calling the best-scored leads and not the truly best."""
    regret_without: float
    """The same with the first version."""


@dataclass(frozen=True)
class PlayedWeeks:
    """A whole play."""

    seed: int
    """Its seed."""
    change_week: int
    """The first week of the changed world."""
    changes: datetime
    """When the world changed."""
    evidence: datetime
    """When the first evidence of that was there."""
    weeks: tuple[Week, ...]
    """Its weeks."""
    alarms: tuple[Alarm, ...] = ()
    """Every alarm that called for a training."""
    promotions: int = 0
    """How many versions came into service after the first."""
    rollbacks: int = 0
    """How many were taken back while on trial."""
    versions: int = 0
    """How many versions were trained after the first."""
    won_back: float | None = None
    """The share of the lost AUC that was won back by the last two weeks; None where nothing was lost."""
    lost: float = 0.0
    """The AUC that was lost by then without the loop."""
    leads: int = 0
    """How many leads were scored."""
    cpu_seconds: float = field(default=0.0, compare=False)
    """What it took."""

    @property
    def detected(self) -> datetime | None:
        """When the change was noticed; None where it was not."""
        return next((one.at for one in self.alarms if one.at >= self.changes), None)

    @property
    def days_to_detect(self) -> float | None:
        """How many days after the evidence was there; negative where it was noticed before all of it was."""
        found = self.detected
        return None if found is None else (found - self.evidence).total_seconds() / 86_400

    @property
    def false_alarms(self) -> int:
        """How many alarms there were before the world changed."""
        return sum(one.at < self.changes for one in self.alarms)

    @property
    def keeps_promise(self) -> Mapping[str, bool]:
        """Each thing that the loop promises, and whether it held."""
        days = self.days_to_detect
        return {
            "noticed in time": days is not None and days <= DETECTED_WITHIN_DAYS,
            "no false alarm": not self.false_alarms,
            "promoted": self.promotions > 0,
            "won back": self.won_back is not None and self.won_back >= WON_BACK,
        }

    def as_json(self) -> dict[str, Any]:
        """Everything in plain values; `play_from_json` reads it."""
        told = asdict(self)
        summary = {
            "days_to_detect": self.days_to_detect,
            "false_alarms": self.false_alarms,
            "keeps_promise": dict(self.keeps_promise),
        }
        return {"synthetic": True, **_plain(told), "summary": summary}


def read_play(told: Mapping[str, Any]) -> PlayedWeeks:
    """A play from the plain values of `as_json`."""
    known = {one.name: told[one.name] for one in fields(PlayedWeeks)}
    weeks = tuple(
        Week(
            **{
                **one,
                "start": _moment(one["start"]),
                "triggers": tuple(one["triggers"]),
                "trained": tuple(one["trained"]),
            }
        )
        for one in told["weeks"]
    )
    alarms = tuple(Alarm(_moment(one["at"]), one["trigger"], one["said"]) for one in told["alarms"])
    moments = {name: _moment(told[name]) for name in ("changes", "evidence")}
    return PlayedWeeks(**{**known, **moments, "weeks": weeks, "alarms": alarms})


def table_rows(weeks: Sequence[Week]) -> list[dict[str, Any]]:
    """The weeks as rows of a table: a value a column."""
    rows = []
    for one in weeks:
        row = _plain(asdict(one))
        row["shares"] = " ".join(f"{name}:{share:.3f}" for name, share in one.shares.items())
        row["triggers"], row["trained"] = "; ".join(one.triggers), "; ".join(one.trained)
        rows.append(row)
    return rows


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
