"""The reference of a version: the one that it kept, or, of an old version that kept none, its first scores."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from leadloop.errors import Problem, VersionError
from leadloop.flows.training.reference_file import FILE, watched_fields
from leadloop.flows.watch.logged_leads import Watched, read_fields, read_logged
from leadloop.monitoring.reference import Reference, refer_to
from leadloop.registry import ModelVersion
from leadloop.registry.files import hash_bytes

_FIRST_DAYS = 28
_FEWEST = 300
_MOST = 20_000


def find_reference(watched: Watched, version: ModelVersion, now: datetime) -> Reference:
    """What leads looked like that this version learned from.

    A version that was saved before references were kept is held against the leads of its first four weeks. Raises VersionError
    where the file is damaged, or where such a version has scored too few.
    """
    if FILE in version.files:
        path = watched.place.registry.folder(watched.name, version.id) / FILE
        return _read(path, version.files[FILE]["sha256"])
    return make_of_first_scores(watched, version, now)


@lru_cache(maxsize=16)
def _read(path: Path, sha256: str) -> Reference:
    try:
        content = path.read_bytes()
        if hash_bytes(content) != sha256:
            raise ValueError("has other contents than when the version was saved")
        return Reference.from_state(json.loads(content))
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = Problem(FILE, f"cannot be read: {error}", "restore the version, or train again")
        raise VersionError(path.parent.name, said) from error


def make_of_first_scores(watched: Watched, version: ModelVersion, now: datetime) -> Reference:
    """The reference that the first four weeks of a version's scores make."""
    began = watched.store.logged.first(watched.name, version.id)
    trained = watched.place.registry.load(version)
    mend = "train again: newer versions keep what their leads looked like"
    if began is None:
        raise VersionError(version.id, Problem("reference", "was not kept, and this version has scored nothing", mend))
    scored = read_logged(watched, began, began + timedelta(days=_FIRST_DAYS), now, version=version.id)
    if scored.height < _FEWEST:
        what = f"was not kept, and {scored.height:,} first scores are too few in its place ({_FEWEST} are the least)"
        raise VersionError(version.id, Problem("reference", what, mend))
    some = scored[np.linspace(0, scored.height - 1, min(_MOST, scored.height)).round().astype(np.int64)]
    leads, _ = read_fields(watched, trained, some["id"].to_list())
    days = (some["at"].dt.epoch("s") // 86_400).to_numpy().astype(np.int64)
    said = some.select("probability", confidence=1 - (pl.col("probability_high") - pl.col("probability_low")))
    kinds = watched_fields(trained)
    return refer_to(
        leads.data.select(list(kinds)),
        kinds,
        days[leads.lines - 1],
        scores=said,
        score_stretches=days,
        span=(str(some["at"].min()), str(some["at"].max())),
        made_of="first scores",
    )
