"""One deliberate mistake: where it is, and of which kind."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mutant:
    """The mistake that an operator makes at one of the places it finds in a module.

    `module` is a path from the top of the checkout, `line` counts from 1 and `column` from 0, in characters. `occurrence` counts
    the places of the same operator in the module.

    >>> Mutant("src/leadloop/scoring/trees/sums.py", 12, 8, "core/ReplaceBinaryOperator_Add_Sub", 3).floor
    'scoring'
    """

    module: str
    line: int
    column: int
    operator: str
    occurrence: int

    @property
    def floor(self) -> str:
        return self.module.split("/")[2]

    @property
    def family(self) -> str:
        """The kind of mistake, whatever takes the place of what.

        >>> Mutant("src/leadloop/scoring/worth.py", 1, 0, "core/ReplaceComparisonOperator_Lt_GtE", 0).family
        'ReplaceComparisonOperator'
        """
        name = self.operator.partition("/")[2]
        return name if name in _WHOLE else re.sub(r"(_[A-Z]\w*)+$", "", name)

    @property
    def name(self) -> str:
        """Short enough for a line of a table.

        >>> Mutant("src/leadloop/scoring/worth.py", 9, 0, "core/AddNot", 0).name
        'scoring/worth.py:9 AddNot'
        """
        return f"{self.module.removeprefix('src/leadloop/')}:{self.line} {self.operator.partition('/')[2]}"


_WHOLE = {"ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd"}
