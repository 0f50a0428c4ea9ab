"""Names that are not read: the nearest one that is, looked up for the first few mistakes alone.

Looking takes a fraction of a millisecond a name, and a body of a megabyte has room for a hundred thousand of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SUGGESTED = 10
"""For how many mistakes of a lead the nearest name is looked up."""
NO_FIELD = "leave it out, or see /openapi.json for the fields"
_LONGEST = 100


def suggest_name(name: str, known: Iterable[str], *, told: int = 0) -> str:
    """What may have been meant, as a question; empty where nothing is near, or `told` mistakes were told already.

    >>> suggest_name("vists", ["visits", "source"])
    'did you mean visits?'
    >>> suggest_name("vists", ["visits", "source"], told=10)
    ''
    """
    if told >= SUGGESTED or len(name) > _LONGEST:
        return ""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""
