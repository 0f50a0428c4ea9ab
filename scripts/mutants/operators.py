"""Cosmic Ray's operators: where in a source each could make its mistake, and the source with the mistake in it.

The only file that knows Cosmic Ray.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from scripts.mutants.matter import find_regions, is_another_program, is_plausible, why_left_out
from scripts.mutants.mutant import Mutant


def list_mutants(module: str, source: str, left_out: Counter[str]) -> list[Mutant]:
    """Every mistake that could be made in a module, without those that say nothing about its tests; `left_out` counts these.

    Whether a mistake leaves a program at all is not asked here, as that takes the time of a compiler for each: see `mutate`.
    """
    regions = find_regions(source)
    found = []
    for mutant in _find_all(module, source):
        why = why_left_out((mutant.line, mutant.column), regions)
        if why is None:
            found.append(mutant)
        else:
            left_out[why] += 1
    return sorted(found)


def mutate(source: str, mutant: Mutant) -> str | None:
    """The source with the mistake in it; None where that is no program, or the same one."""
    mutated: str | None = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    return mutated if is_another_program(source, mutated) else None


def _find_all(module: str, source: str) -> Iterator[Mutant]:
    nodes = [node for node in ast_nodes(get_ast(source)) if node.type not in _NEVER]
    for name, operator in _operators():
        places = ((node, start) for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, (node, (line, column)) in enumerate(places):
            if not (node.type == "operator" and node.parent.type in _SIGNATURES):
                yield Mutant(module, line, column, name, occurrence)


@lru_cache(maxsize=1)
def _operators() -> list[tuple[str, object]]:
    """Those that make mistakes worth finding, without the two that have to be told names of variables."""
    kinds = [(name, get_operator(name)) for name in operator_names() if is_plausible(name)]
    return [(name, kind()) for name, kind in kinds if not kind.arguments()]


_NEVER = {"name", "string", "newline", "endmarker", "fstring_string", "fstring_start", "fstring_end"}
"""Parts of a source that no operator looks at: to pass them over takes a third of the time."""

_SIGNATURES = {"parameters", "lambdef"}
"""Where a star or a slash is no sign of arithmetic."""
