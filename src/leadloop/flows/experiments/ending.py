"""Ending an experiment: its winner serves from then on, in the same transaction as the end and its rows in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leadloop.errors import Problem, StoreError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.arms import RULES

if TYPE_CHECKING:
    from leadloop.store import AbTest, Store


@dataclass(frozen=True)
class Ended:
    """An experiment that has ended."""

    test: AbTest
    """The experiment."""
    served: str | None
    """The version that serves from now on because it won; None where nothing was changed."""
    previous: str | None
    """What served before."""


def end_experiment(
    place: Workspace, test: AbTest, *, who: str, why: str = "", winner: str | None = None, cancelled: bool = False
) -> Ended:
    """End an experiment. With a winner, that arm scores everybody from now on: its version is put in service, on the record.

    Where the winner is the rules, or has another policy than its version's own, it serves for as long as nobody puts a version
    in service after it. Raises StoreConflict where it was ended before, StoreError where it has no such arm, and VersionError
    where the winner's version is damaged; nothing was changed then.
    """
    variant = None if winner is None else test.variant(winner)
    if winner is not None and variant is None:
        names = ", ".join(one.variant_name for one in test.variants)
        raise StoreError(test.test_name, Problem("winner", f"“{winner[:40]}” is no arm of it", f"name one of {names}"))
    if cancelled and winner is not None:
        raise StoreError(test.test_name, Problem("winner", "is named of what is cancelled", "do one of both"))
    registry, store = place.registry, place.store
    before = registry.champion(test.playbook)
    said = why or (f"won the experiment {test.test_name}" if winner else "")
    ended: list[AbTest] = []

    def end(inside: Store) -> None:
        ended.append(inside.experiments.stop(test, winner=winner, cancelled=cancelled))
        told: dict[str, Any] = {"playbook": test.playbook, "experiment": test.test_name, "winner": winner or ""}
        inside.audit.add(who, "experiment cancelled" if cancelled else "experiment ended", told)

    if variant is not None and variant.model_version not in (RULES, before):
        evidence = {"experiment": test.test_name, "arm": variant.variant_name}
        registry.promote(
            test.playbook,
            variant.model_version,
            who=who,
            why=said,
            evidence=evidence,
            instead_of=before or "",
            also=end,
        )
    else:
        with store.transaction():
            end(store)
    return Ended(ended[-1], variant.model_version if variant else None, before)
