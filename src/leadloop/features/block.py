"""A block: one family of features of one or more fields, fitted once and then fixed.

A block is fitted on training rows and afterwards turns any table of leads, one row or a million, into the same columns by
the same code. Its whole state is plain data (numbers, texts, lists), so that a saved version holds no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class FeatureColumn:
    """One column that a model sees: its unique name, and the field of the lead that it was made from.

    `says` finishes the sentence "This lead ..." for columns that say more than the field's value does ("asks for a
    price"); `says_not` is the sentence where the column is zero. Both are empty where quoting the value is best. Where
    `says` holds "{}", `quote` (a name that `quote_value` knows) tells what stands there. `binary` columns are 0 or 1 (or
    missing). `rests_on` are the fields that a column with a name of its own is made of.

    `direction` is 1 where the playbook asks that the score never falls as the column rises, -1 where it must never rise, 0
    where the leads may decide. `levels` is above 0 where the column numbers categories, from 0 to `levels` - 1: the numbers
    stand for names, so only learners that split categories into sets may read it.
    """

    name: str
    field: str
    says: str = ""
    says_not: str = ""
    binary: bool = False
    quote: str = ""
    rests_on: tuple[str, ...] = ()
    direction: int = 0
    levels: int = 0


class Block(Protocol):
    """A fitted family of features."""

    kind: ClassVar[str]

    @property
    def reads(self) -> tuple[str, ...]:
        """The fields that it reads."""

    @property
    def columns(self) -> tuple[FeatureColumn, ...]:
        """The columns that it makes, in order."""

    def values(self, data: pl.DataFrame) -> np.ndarray:
        """The columns for these leads: float32, shape (rows, columns), missing as NaN.

        Every row's values depend on that row alone.
        """

    def state(self) -> dict[str, Any]:
        """Everything that was fitted, as plain JSON values."""

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The block that `state` describes."""
