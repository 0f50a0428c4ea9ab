"""How many jobs wait, run and were given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from leadloop.api.measures.counts import Counts

if TYPE_CHECKING:
    from leadloop.store import Store


class JobCounts(Counts[Mapping[tuple[str, str], int]]):
    """The jobs of a store by kind and state."""

    def nothing(self) -> Mapping[tuple[str, str], int]:
        """No jobs."""
        return {}

    def count(self, store: Store, before: Mapping[tuple[str, str], int]) -> Mapping[tuple[str, str], int]:
        """A kind that was seen once stays, with 0: a line that ends is not a line at 0."""
        return {**dict.fromkeys(before, 0), **store.jobs.counts()}
