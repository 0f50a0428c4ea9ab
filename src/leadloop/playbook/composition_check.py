"""What can be wrong between several targets of one playbook, and with how the score is composed of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from leadloop.errors import Problem
from leadloop.playbook.playbook import Playbook

_MAIN_ONLY = ("horizons", "value")


def find_composition_problems(playbook: Playbook) -> Iterator[Problem]:
    """Every contradiction between targets, and every weight that counts for nothing."""
    names = [target.name for target in playbook.targets]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"targets.{name}", "is declared twice", "give each target a name of its own")
    if playbook.target.optional:
        yield Problem(
            f"targets.{playbook.target.name}.optional",
            "is set on the main target, the first in the file",
            "leave it out, or declare the target that may never be missing first",
        )
    for target in playbook.more_targets:
        for setting in _MAIN_ONLY:
            if getattr(target, setting):
                yield Problem(
                    f"targets.{target.name}.{setting}",
                    f"can be asked of the main target only, which is “{playbook.target.name}”",
                    f"leave it out, or declare “{target.name}” first",
                )
    for name, weight in playbook.score:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
            cure = f"did you mean “{near[0]}”?" if near else f"the targets are {', '.join(names)}"
            yield Problem(f"score.{name}", "names no target", cure)
        elif not weight > 0:
            yield Problem(f"score.{name}", f"is {weight:g}", "write a number above 0, or leave the target out")
