"""The page of functions and classes."""

from __future__ import annotations

import ast
import importlib
from typing import Any

from reference.markdown import code, page, prose, table
from reference.source import attributes_of, signature_of, source_of

API = (
    (
        "The five things to do",
        ["leadloop:draft", "leadloop:check", "leadloop:train", "leadloop:score", "leadloop:explain"],
    ),
    (
        "Scoring leads one by one",
        ["leadloop:load", "leadloop:score_leads", "leadloop:ScoreCard", "leadloop:TargetScore", "leadloop:Reason"],
    ),
    (
        "Saved versions",
        [
            "leadloop:Workspace",
            "leadloop.flows.upkeep.models:list_versions",
            "leadloop.flows.upkeep.models:show_version",
            "leadloop.flows.upkeep.models:promote",
            "leadloop.flows.upkeep.models:rollback",
            "leadloop.flows.upkeep.models:history",
            "leadloop.flows.upkeep.models:list_aliases",
            "leadloop.flows.upkeep.models:clear_alias",
            "leadloop.flows.upkeep.models:prune",
        ],
    ),
    (
        "Asking a service",
        [
            f"leadloop.client:{name}"
            for name in (
                *("Client", "AsyncClient", "Card", "WonWithin", "UnscoredLead", "Outcome", "Event", "Feedback"),
                *("KeptLeads", "Kept", "FeedbackTaken", "KeptLead", "PastScore", "PastFeedback", "Models", "ModelLine"),
                *(
                    "InService",
                    "Readiness",
                    "PlaybookReady",
                    "DatabaseReady",
                    "ServiceProblem",
                    "NotAllowed",
                    "NotFound",
                ),
                *("NotUnderstood", "Conflict", "TooMany", "Unavailable", "NotPromised"),
            )
        ],
    ),
    ("What features are worth", ["leadloop.flows.training.ablate:ablate", "leadloop.flows.training.discover:discover"]),
    (
        "What comes back",
        [
            "leadloop.flows.draft:Drafted",
            "leadloop.flows.place.playbook_folder:PlaybookFolder",
            "leadloop.flows.training.train:TrainingResult",
            "leadloop.learning.report.report:TrainingReport",
            "leadloop.learning.evaluation:Measure",
            "leadloop.flows.training.ablate:Ablated",
            "leadloop.learning.ablation:Ablation",
            "leadloop.learning.ablation:AblationLine",
            "leadloop.flows.training.discover:Discovered",
            "leadloop.learning.discovery:Discovery",
            "leadloop.learning.discovery:Proposal",
            "leadloop.flows.scoring.score:Scored",
            "leadloop.flows.scoring.explain:Explanation",
            "leadloop.scoring.counterfactuals:Counterfactual",
            "leadloop.scoring.counterfactuals:Change",
            "leadloop.scoring:TrainedPlaybook",
            "leadloop.registry:ModelVersion",
            "leadloop.registry:InService",
            "leadloop.registry:Pruned",
            "leadloop.store:PromotionRecord",
            "leadloop.store:Alias",
        ],
    ),
    (
        "Packaged playbooks, features and promises",
        [
            "leadloop.flows.place.packaged:list_packaged",
            "leadloop.flows.place.packaged:copy_playbook",
            "leadloop.flows.feature_list:list_features",
            "leadloop.features.outline:FeatureOutline",
            "leadloop.testing.battery:check_playbook",
            "leadloop.testing.battery:try_playbook",
            "leadloop.testing.battery:Kept",
        ],
    ),
    (
        "For the Python files of a playbook",
        [
            "leadloop.features.functions:feature",
            "leadloop.features.rules:rule",
            "leadloop.features.functions:sample",
        ],
    ),
)


def python_api() -> str:
    import leadloop

    listed = {name.partition(":")[2] for _, names in API for name in names if name.startswith("leadloop:")}
    errors = {"LeadLoopError", "Problem"}  # these have a page of their own
    if forgotten := set(leadloop.__all__) - listed - errors:
        raise SystemExit(f"{', '.join(sorted(forgotten))} is public but in no part of the reference; add it to API")
    parts = [prose(leadloop.__doc__ or "")]
    for title, names in API:
        parts.append(f"## {title}")
        for name in names:
            home, _, word = name.partition(":")
            parts += api_entry(getattr(importlib.import_module(home), word), home)
    parts += ["## Errors", "All of them are on a page of their own: [Errors](errors.md)."]
    return page("From Python", *parts)


def api_entry(thing: Any, home: str) -> list[str]:
    node, text = source_of(thing)
    words = prose(ast.get_docstring(node) or "")
    # What stands in `leadloop` itself needs no import line of its own.
    where = [] if home == "leadloop" else [f"`from {home} import {thing.__name__}`"]
    if isinstance(node, ast.FunctionDef):
        return [f"### {thing.__name__}", *where, f"```python\n{signature_of(node, text)}\n```", words]
    parts = [f"### {thing.__name__}", *where, words]
    rows = [(code(one.name), code(one.type), code(one.default), one.meaning) for one in attributes_of(thing)]
    if rows:
        keep = [0, 1] + [place for place in (2, 3) if any(row[place] for row in rows)]
        headings = ("attribute", "type", "default", "meaning")
        parts.append(table([headings[place] for place in keep], [[row[place] for place in keep] for row in rows]))
    for inner in node.body:
        if not isinstance(inner, ast.FunctionDef) or inner.name.startswith("_"):
            continue
        marks = {ast.unparse(mark) for mark in inner.decorator_list}
        if "property" in marks or "cached_property" in marks:
            gives = ast.get_source_segment(text, inner.returns) if inner.returns else ""
            sentence = " ".join((ast.get_docstring(inner) or "").split())
            parts.append(f"- `.{inner.name}` gives `{gives}`: {sentence}")
        else:
            parts += [
                f"```python\n{signature_of(inner, text, owner=thing.__name__)}\n```",
                prose(ast.get_docstring(inner) or ""),
            ]
    return _joined_lists(parts)


def _joined_lists(parts: list[str]) -> list[str]:
    joined: list[str] = []
    for part in parts:
        if part.startswith("- ") and joined and joined[-1].startswith("- "):
            joined[-1] += f"\n{part}"
        else:
            joined.append(part)
    return joined
