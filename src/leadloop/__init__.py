"""LeadLoop: lead scores that are ranked, explained and calibrated, learned from outcomes.

The five things to do, from Python as from the command line:

- `draft` looks at a file of leads and writes a playbook, a folder that a person can read and edit;
- `check` says everything that is wrong with a playbook;
- `train` learns from past leads and saves a version with its report;
- `score` scores new leads with the version in service, and says why;
- `explain` says everything about the score of one lead, and what would raise it.

`load` gives the version in service itself, to score leads one by one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.0.1"

if TYPE_CHECKING:
    from leadloop.errors import LeadLoopError, Problem
    from leadloop.flows.draft import draft
    from leadloop.flows.past.check import check
    from leadloop.flows.place.workspace import Workspace
    from leadloop.flows.scoring.explain import explain
    from leadloop.flows.scoring.score import load, score, score_leads
    from leadloop.flows.training.train import train
    from leadloop.scoring.score_card import Reason, ScoreCard, TargetScore

_HOMES = {
    "LeadLoopError": "leadloop.errors",
    "Problem": "leadloop.errors",
    "Reason": "leadloop.scoring.score_card",
    "ScoreCard": "leadloop.scoring.score_card",
    "TargetScore": "leadloop.scoring.score_card",
    "Workspace": "leadloop.flows.place.workspace",
    "check": "leadloop.flows.past.check",
    "draft": "leadloop.flows.draft",
    "explain": "leadloop.flows.scoring.explain",
    "load": "leadloop.flows.scoring.score",
    "score": "leadloop.flows.scoring.score",
    "score_leads": "leadloop.flows.scoring.score",
    "train": "leadloop.flows.training.train",
}

__all__ = [
    "LeadLoopError",
    "Problem",
    "Reason",
    "ScoreCard",
    "TargetScore",
    "Workspace",
    "check",
    "draft",
    "explain",
    "load",
    "score",
    "score_leads",
    "train",
]


def __getattr__(name: str) -> Any:
    # Imported when first asked for: `import leadloop` itself costs nothing, and scoring never pays for training.
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'leadloop' has no attribute {name!r}")
