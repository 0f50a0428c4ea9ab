"""Whether a version that was just trained goes into service by itself: the first does, where it surely beats its baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from leadloop.errors import StoreConflict
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.training.learned_targets import LearnedTarget
from leadloop.flows.training.training_report import baselines
from leadloop.learning.evaluation import difference_interval, log_loss, surely_less
from leadloop.registry import ModelVersion
from leadloop.scoring import TrainedPlaybook

if TYPE_CHECKING:
    from leadloop.store import PromotionRecord


def put_in_service(
    place: Workspace,
    version: ModelVersion,
    targets: Sequence[LearnedTarget],
    trained: TrainedPlaybook,
    *,
    wanted: bool | None,
) -> PromotionRecord | None:
    """Put the version in service where that was asked for, or where it is the first and beats its baselines.

    With several targets it has to beat them in the main one, and in every one that counts in the score. Of two first versions
    that are ready at the same time, the one that comes second waits for a person, as any later one does.
    """
    if wanted is False or (wanted is None and place.registry.champion(version.playbook)):
        return None
    evidence: dict[str, Any] = {"AUC": dict(version.metrics["AUC"]), "log-loss": dict(version.metrics["log-loss"])}
    why = "asked for when it was trained"
    if wanted is None:
        for target in targets:
            main = target is targets[0]
            if not main and target.name not in trained.playbook.weights:
                continue
            found, better = _beats_baselines(target, trained.aimed_at(target.name))
            opening = "" if main else f"{target.name}: "
            evidence |= {f"{opening}{name}": difference for name, difference in found.items()}
            if not better:
                return None
        why = "the first version; it beats its baselines on the test leads"
    first = "" if wanted is None else None
    try:
        return place.registry.promote(
            version.playbook, version.id, who=place.who(), why=why, evidence=evidence, instead_of=first
        )
    except StoreConflict:
        return None


def _beats_baselines(target: LearnedTarget, trained: TrainedPlaybook) -> tuple[dict[str, Any], bool]:
    """How far log-loss on the test leads differs from each baseline's, and whether all are beaten; stops at one that is not."""
    labelled, split = target.part.labelled, target.part.split
    test, positive = labelled.leads.take(split.test), labelled.positive[split.test]
    ours = trained.score_table(test, explain=False)["probability"].to_numpy()
    beside = baselines(target.learned, labelled, split, test)
    seed = trained.playbook.training.seed
    groups = None if labelled.groups is None else labelled.groups[split.test]
    evidence: dict[str, Any] = {}
    for name in [name for name in beside if name != "majority"]:
        difference = difference_interval(positive, ours, beside[name], log_loss, seed=seed, groups=groups)
        evidence[f"log-loss against {name}"] = difference
        if not surely_less(difference):
            return evidence, False
    return evidence, True
