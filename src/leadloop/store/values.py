"""How values are written down: one JSON text for one meaning, and float32 features as few bytes."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np

from leadloop.errors import Problem, StoreError

_PACKED_FLOATS = b"\x01"


def to_json(value: Any) -> str:
    """A value as JSON, the same text for the same meaning: keys in order, no spaces, plain ASCII.

    ASCII lets every database hold it, whatever signs the text was made of. Raises StoreError for what JSON cannot say.

    >>> to_json({"b": 1, "a": "é"})
    '{"a":"\\\\u00e9","b":1}'
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
    except (TypeError, ValueError, RecursionError):
        # Whatever the JSON writer says may quote the value, so it is not passed on.
        problem = Problem(
            "value", "cannot be written as JSON", "give texts, finite numbers, yes or no, lists and mappings"
        )
    raise StoreError("store", problem)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def digest_of(value: Any) -> str:
    """The SHA-256 of a value's JSON, by which two records are told to be the same."""
    return hashlib.sha256(to_json(value).encode()).hexdigest()


def pack_features(features: np.ndarray) -> bytes:
    """Feature values as compact bytes: float32 in little-endian order, compressed.

    >>> unpack_features(pack_features(np.array([1.5, np.nan], dtype=np.float32)))
    array([1.5, nan], dtype=float32)
    """
    return _PACKED_FLOATS + zlib.compress(np.ascontiguousarray(features, dtype="<f4").tobytes(), level=1)


def unpack_features(packed: bytes) -> np.ndarray:
    """The feature values of such bytes; raises StoreError where they are of another kind or damaged."""
    try:
        if packed[:1] == _PACKED_FLOATS:
            return np.frombuffer(zlib.decompress(packed[1:]), dtype="<f4").astype(np.float32)
    except (zlib.error, ValueError):
        pass
    raise StoreError("store", Problem("features", "are not bytes that this version wrote", "restore a backup"))
