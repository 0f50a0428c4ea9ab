"""Which of all possible mistakes are made: some of each floor, spread over its lines, and the same ones every time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from scripts.mutants.mutant import Mutant


def draw(mutants: Iterable[Mutant], sources: Mapping[str, str], *, seed: int) -> Iterator[Mutant]:
    """Mistakes in the order in which they are made, never two in one line; take as many as you need.

    Every line has the same chance, however many mistakes could be made in it, and in a line every kind of mistake has: else
    lines of arithmetic, where six signs can stand for each, would be most of the sample. The order comes from what the lines
    say and the seed, not from where they stand: a change elsewhere leaves the sample as it was.
    """
    by_line: dict[tuple[str, int], list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_line[mutant.module, mutant.line].append(mutant)
    lines = {module: source.splitlines() for module, source in sources.items()}

    def rank(*words: object) -> bytes:
        return sha256("\n".join(map(str, (seed, *words))).encode()).digest()

    def rank_line(place: tuple[str, int]) -> tuple[bytes, int]:
        module, line = place
        return rank(module, lines[module][line - 1].strip()), line

    for place in sorted(by_line, key=rank_line):
        here = by_line[place]
        said = rank_line(place)[0]
        family = min({mutant.family for mutant in here}, key=lambda family: rank(said, family))
        alike = sorted(mutant for mutant in here if mutant.family == family)
        yield min(alike, key=lambda mutant: rank(said, mutant.operator, alike.index(mutant)))
