"""The table `[recommender]` of `leadloop.toml`.

[recommender]
within_days = 30
traits = ["industry", "lead_source"]
explore = 0.05
people = ["ada", "bob"]

[recommender.network]
epochs = 50

[recommender.rules.call]
cool_down_hours = 24
hours = [8, 18]
opt_out_field = "do_not_call"

[recommender.event_actions]
quote_sent = "quote"
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.settings import FILE, RECOMMENDER, read_settings
from leadloop.recommend.settings import ActionRule, NetworkSettings, RecommenderSettings

COMPETITORS = RecommenderSettings().competitors
_TEXTS = ("actions", "traits", "competitors", "people")
_NUMBERS: Mapping[str, tuple[float, float, bool]] = {
    "fewest": (1, 1_000_000, True),
    "within_days": (0.01, 3_650, False),
    "explore": (0, 0.5, False),
    "max_recommendations": (1, 50, True),
    "desk": (1, 100_000, True),
    "embedding_dim": (8, 1_024, True),
    "num_heads": (1, 32, True),
    "dropout_rate": (0, 0.9, False),
    "learning_rate": (1e-6, 1, False),
    "batch_size": (1, 65_536, True),
    "epochs": (1, 10_000, True),
    "patience": (1, 10_000, True),
    "length": (2, 512, True),
    "per_day": (0, 1_000_000, True),
    "cool_down_hours": (0, 87_600, False),
    "most": (0, 1_000_000, True),
}


def read_recommender(root: Path) -> RecommenderSettings:
    """The settings of the recommender of a workspace; raises LeadLoopError with everything that is wrong in them at once."""
    read_settings(root)  # what is no TOML is told there
    path = root / FILE
    said = tomllib.loads(path.read_text(encoding="utf-8-sig")).get(RECOMMENDER, {}) if path.is_file() else {}
    where = f"{FILE}: [{RECOMMENDER}]"
    problems: list[Problem] = []
    if not isinstance(said, Mapping):
        raise LeadLoopError("settings", Problem(where, "is no table", f"write [{RECOMMENDER}] and a setting a line"))
    values: dict[str, Any] = {}
    for name, value in said.items():
        place = f"{where} {name}"
        if name == "network":
            values[name] = NetworkSettings(**_numbers(value, NetworkSettings, place, problems))
        elif name == "rules":
            rules = value if isinstance(value, Mapping) else {}
            if not isinstance(value, Mapping):
                problems.append(Problem(place, "is no table", "write [recommender.rules.call] and a rule a line"))
            values[name] = {
                one: ActionRule(**_numbers(rule, ActionRule, f"{place}.{one}", problems)) for one, rule in rules.items()
            }
        elif name == "event_actions":
            if not isinstance(value, Mapping) or not all(isinstance(one, str) and one for one in value.values()):
                problems.append(Problem(place, "names no actions", 'write it as in quote_sent = "quote"'))
            else:
                values[name] = dict(value)
        elif name in _TEXTS or name in _NUMBERS:
            values |= _numbers({name: value}, RecommenderSettings, where, problems)
        else:
            problems.append(_unknown(name, RecommenderSettings, where))
    unknown = [one for one in values.get("competitors", ()) if one not in COMPETITORS]
    if unknown:
        problems.append(Problem(f"{where} competitors", f"has “{unknown[0]}”", f"take {', '.join(COMPETITORS)}"))
    network = values.get("network", NetworkSettings())
    if network.embedding_dim % network.num_heads:
        what = f"is {network.embedding_dim}, which {network.num_heads} heads cannot share"
        problems.append(Problem(f"{where} network.embedding_dim", what, "take a multiple of num_heads"))
    if problems:
        raise LeadLoopError("settings", problems)
    return RecommenderSettings(**values)


def _numbers(said: Any, kind: type[Any], where: str, problems: list[Problem]) -> dict[str, Any]:
    """The values of one table that are right; the others are added to the problems."""
    if not isinstance(said, Mapping):
        problems.append(Problem(where, "is no table", "write a setting a line"))
        return {}
    known = {one.name for one in fields(kind)}
    values: dict[str, Any] = {}
    for name, value in said.items():
        wrong = ("", "")
        if name not in known:
            problems.append(_unknown(name, kind, where))
            continue
        if name in _NUMBERS:
            low, high, whole = _NUMBERS[name]
            kinds = int if whole else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
                what = "whole number" if whole else "number"
                wrong = (f"is {value!r}", f"give a {what} from {low:g} to {high:,g}")
        elif name in _TEXTS:
            if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
                wrong = ("is not a list of texts", 'write it as ["one", "another"]')
        elif name in ("hours", "weekdays", "hidden_layers"):
            high = {"hours": 24, "weekdays": 6, "hidden_layers": 4_096}[name]
            sound = isinstance(value, list) and value and all(type(one) is int and 0 <= one <= high for one in value)
            if not sound or (name == "hours" and (len(value) != 2 or value[0] >= value[1])):
                wrong = (
                    "is not what it can be",
                    "write it as [8, 18]" if name == "hours" else "write whole numbers in a list",
                )
        elif not isinstance(value, str) or not value:
            wrong = ("is not text", "put it in quotation marks")
        if wrong[0]:
            problems.append(Problem(f"{where} {name}", *wrong))
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
    return values


def _unknown(name: str, kind: type[Any], where: str) -> Problem:
    known = [one.name for one in fields(kind)]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    mend = f"did you mean {close[0]}?" if close else f"settings are {', '.join(known)}"
    return Problem(f"{where} {name}", "is no setting of the recommender", mend)
