"""A figure, and what it is held against: both measured in the same run, so that their ratio says more than either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """One thing that was measured. `beside` are figures of the same kind: the limit, and the peers, by what they are."""

    name: str
    value: float
    unit: Literal["rows/s", "requests/s", "ms", "s", "MB"]
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def more_is_better(self) -> bool:
        """Whether a larger figure is the better one."""
        return self.unit.endswith("/s")

    @property
    def ratios(self) -> dict[str, float]:
        """How many times as good ours is as each that it is held against.

        >>> Figure("file", 50_000, "rows/s", {"pandas": 5_000}).ratios
        {'pandas': 10.0}
        >>> Figure("request", 2.0, "ms", {"echo": 0.2}).ratios
        {'echo': 0.1}
        """
        return {
            name: self.value / other if self.more_is_better else other / self.value
            for name, other in self.beside.items()
        }


def write_table(figures: list[Figure]) -> str:
    """One table, a line for each thing that a figure is held against.

    >>> print(write_table([Figure("file", 50_000, "rows/s", {"pandas": 5_000})]))
    | what | LeadLoop | beside | its figure | LeadLoop is |
    |---|---:|---|---:|---:|
    | file | 50,000 rows/s | pandas | 5,000 rows/s | 10 times as good |
    """
    lines = ["| what | LeadLoop | beside | its figure | LeadLoop is |", "|---|---:|---|---:|---:|"]
    for one in figures:
        shown = f"{_write(one.value)} {one.unit}"
        if not one.beside:
            lines.append(f"| {one.name} | {shown} | - | - | - |")
        for name, ratio in one.ratios.items():
            lines.append(
                f"| {one.name} | {shown} | {name} | {_write(one.beside[name])} {one.unit} | {_write(ratio)} times as good |"
            )
    return "\n".join(lines)


def _write(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
