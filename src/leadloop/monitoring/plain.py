"""Results as plain values, which JSON can say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import numpy as np


def as_plain(value: Any) -> Any:
    """A result as mappings, lists, texts and numbers; what is not a number (NaN) becomes None, and moments ISO texts.

    >>> as_plain((1.5, float("nan"), {"a": (True,)}))
    [1.5, None, {'a': [True]}]
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: as_plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): as_plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        return as_plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
