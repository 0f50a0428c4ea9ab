"""The rules of the loop: the table `[loop]` of `leadloop.toml`, and `[loop.PLAYBOOK]` for one playbook, which wins.

    [loop]
    interval_days = 14
    approval = "manual"

    [loop.marketplace]
    triggers = ["outcomes", "accuracy"]

Every rule is an attribute of `LoopRules`. Without the table everything has its default.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.settings import FILE, LOOP, read_settings
from leadloop.monitoring.guardrails import Guardrails
from leadloop.monitoring.promotion import PromotionRule
from leadloop.monitoring.triggers import SWITCHED, TriggerRules
from leadloop.scoring.exploration import MOST as MOST_EXPLORED

APPROVALS = ("automatic", "manual")
MEASURES = ("log-loss", "AUC", "average precision", "Brier score")
_MOST_SHARES = 20


@dataclass(frozen=True)
class LoopRules(TriggerRules):
    """When a playbook is trained again (the rules of triggers), what a new version must show, and how it comes into service."""

    decisive: str = "log-loss"
    """What a new version must be surely better in: `log-loss`, `AUC`, `average precision` or `Brier score`."""
    fewest_leads: int = 100
    """With fewer test leads than this nothing is promoted."""
    approval: str = "automatic"
    """`manual`: a person has to say yes (`leadloop rollout approve`) before a version scores any lead for real."""
    shadow_leads: int = 200
    """How many leads a new version scores in shadow before it goes on; 0 leaves the shadow out."""
    shadow_days: float = 3.0
    """How long it waits for them at most. Where nothing is scored live, nothing is waited for."""
    canary_shares: tuple[float, ...] = (5.0, 25.0, 50.0)
    """The shares of leads, in percent, that it scores for real one after the other; none leaves the canary out."""
    canary_leads: int = 50
    """How many leads it scores at each share before it goes on."""
    canary_days: float = 14.0
    """How long it stays at one share at most; with fewer leads by then it is stopped, and nothing is promoted."""
    watch_days: float = 1.0
    """Live means that leads were scored over the interface within so many days."""
    max_error_rate: float = 0.01
    """The share of leads that a version on trial may fail to score, 0 to 1; above it, it is taken back."""
    max_latency_ratio: float = 3.0
    """How many times as long as the version in service it may take for a lead."""
    max_shift: float = 0.5
    """How far its scores may lie from those of the version in service (population stability index)."""
    hold_sources: bool = True
    """Whether a source whose outcomes contradict all others is held back until a person has looked."""
    forget_before_change: bool = True
    """Whether, once outcomes have changed for the worse for sure, only leads that came since are learned from, as soon as enough
    of them have ended; what came before would teach what does not hold any more."""
    max_source_share: float = 1.0
    """The largest share of what is learned from that one source may tell, 0 to 1; with more than that, nothing is promoted."""
    explore_share: float = 0.0
    """The share of leads, 0 to 0.5, that is worked by a score drawn at random instead of its own, so that one hears of leads that
    scores hold back; `explored` says so in the answer and in the log. 0.02 to 0.05 is usual."""
    recalibrate: bool = True
    """Whether probabilities follow the newest outcomes between trainings, where that surely helps."""
    recalibrate_outcomes: int = 200
    """With fewer outcomes since the last time they follow nothing."""

    @property
    def of_promotion(self) -> PromotionRule:
        """What a new version must show."""
        return PromotionRule(decisive=self.decisive, fewest_leads=self.fewest_leads)

    @property
    def guardrails(self) -> Guardrails:
        """What a version on trial may not do."""
        return Guardrails(self.max_error_rate, self.max_latency_ratio, max_shift=self.max_shift)


@dataclass(frozen=True)
class _Range:
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()


_share = partial(_Range, 0, 1)
_KNOWN: Mapping[str, _Range] = {
    "triggers": _Range(choices=SWITCHED),
    "interval_days": _Range(0, 3_650),
    "new_outcomes": _Range(1, 1_000_000_000),
    "accuracy_warning": _share(),
    "accuracy_critical": _share(),
    "decline": _share(),
    "decline_over": _Range(1, 1_000),
    "f1_drop": _share(),
    "rest_days": _Range(0, 3_650),
    "decisive": _Range(choices=MEASURES),
    "fewest_leads": _Range(20, 1_000_000_000),
    "approval": _Range(choices=APPROVALS),
    "shadow_leads": _Range(0, 1_000_000_000),
    "shadow_days": _Range(0, 365),
    "canary_shares": _Range(0.1, 100),
    "canary_leads": _Range(1, 1_000_000_000),
    "canary_days": _Range(0, 365),
    "watch_days": _Range(0.001, 365),
    "max_error_rate": _share(),
    "max_latency_ratio": _Range(1, 1_000),
    "max_shift": _Range(0.01, 100),
    "hold_sources": _Range(),
    "forget_before_change": _Range(),
    "max_source_share": _Range(0.05, 1),
    "explore_share": _Range(0, MOST_EXPLORED),
    "recalibrate": _Range(),
    "recalibrate_outcomes": _Range(200, 1_000_000_000),
}


def read_rules(root: Path, playbook: str) -> LoopRules:
    """The rules of a playbook in a workspace; raises LeadLoopError with everything that is wrong in them at once.

    `retrain_interval_days` and `retrain_new_outcomes` of the settings hold where `[loop]` does not say otherwise.
    """
    settings = read_settings(root)
    table = read_table(root / FILE)
    own = {name: value for name, value in table.items() if isinstance(value, Mapping)}
    said = {name: value for name, value in table.items() if name not in own}
    problems: list[Problem] = []
    values = _checked(said, f"{FILE}: [{LOOP}] ", problems)
    for name, table_of in own.items():
        mine = _checked(table_of, f"{FILE}: [{LOOP}.{name}] ", problems)
        values |= mine if name == playbook else {}
    if problems:
        raise LeadLoopError("settings", problems)
    base = LoopRules(interval_days=settings.retrain_interval_days, new_outcomes=settings.retrain_new_outcomes)
    rules = LoopRules(**{**asdict(base), **values})
    if rules.accuracy_critical > rules.accuracy_warning:
        what = f"is {rules.accuracy_critical:g}, above accuracy_warning ({rules.accuracy_warning:g})"
        raise LeadLoopError("settings", Problem("accuracy_critical", what, "give a smaller one"))
    if list(rules.canary_shares) != sorted(set(rules.canary_shares)):
        raise LeadLoopError("settings", Problem("canary_shares", "do not rise", "write them from small to large"))
    return rules


def read_table(path: Path) -> Mapping[str, Any]:
    """The table `[loop]` of a settings file; empty where there is none. What is no TOML is told by `read_settings`."""
    if not path.is_file():
        return {}
    found = tomllib.loads(path.read_text(encoding="utf-8-sig")).get(LOOP, {})
    if not isinstance(found, Mapping):
        raise LeadLoopError("settings", Problem(f"{FILE}: {LOOP}", "is no table", f"write [{LOOP}] and a rule a line"))
    return found


def _checked(said: Mapping[str, Any], where: str, problems: list[Problem]) -> dict[str, Any]:
    kinds = get_type_hints(LoopRules)
    values: dict[str, Any] = {}
    for name, value in said.items():
        if name not in _KNOWN:
            close = difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0.5)
            mend = f"did you mean {close[0]}?" if close else f"rules are {', '.join(_KNOWN)}"
            problems.append(Problem(where + name, "is no rule of the loop", mend))
        elif wrong := _explain(value, kinds[name], _KNOWN[name]):
            problems.append(Problem(where + name, *wrong))
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
    return values


def _explain(value: Any, kind: Any, known: _Range) -> tuple[str, str] | None:
    """What is wrong with a value and how to mend it; None where nothing is."""
    if kind is bool:
        return None if isinstance(value, bool) else ("is neither true nor false", "write one of them")
    if kind is str:
        return None if value in known.choices else (f"is “{str(value)[:40]}”", f"take {', '.join(known.choices)}")
    if kind in (int, float):
        return _explain_number(value, kind, known)
    if not isinstance(value, list) or len(value) > _MOST_SHARES:
        return f"is no list of up to {_MOST_SHARES}", "write it as [one, another]"
    if known.choices:
        unknown = [one for one in value if one not in known.choices]
        return (f"has “{str(unknown[0])[:40]}”", f"take {', '.join(known.choices)}") if unknown else None
    return next((wrong for one in value if (wrong := _explain_number(one, float, known))), None)


def _explain_number(value: Any, kind: Any, known: _Range) -> tuple[str, str] | None:
    whole = kind is int
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return f"is not a {'whole ' if whole else ''}number", f"give one from {known.low:g} to {known.high:,.0f}"
    if not known.low <= value <= known.high:
        return f"is {value:,}", f"give a number from {known.low:g} to {known.high:,g}"
    return None
