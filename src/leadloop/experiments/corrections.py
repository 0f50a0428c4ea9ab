"""Several questions at once: p-values that bear in mind how many arms and metrics were looked at."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected so that any false finding among all of them is as rare as asked (Holm 1979): for what is decided upon.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, worst = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = worst
    return corrected


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Corrected so that few of the findings are false (Benjamini and Hochberg 1995): for what is looked at for ideas.

    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place], reverse=True)
    corrected, least = [0.0] * len(p_values), 1.0
    for passed, place in enumerate(order):
        least = min(least, p_values[place] * len(p_values) / (len(p_values) - passed))
        corrected[place] = least
    return corrected
