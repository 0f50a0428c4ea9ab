"""How shares are said."""

from __future__ import annotations


def say_share(share: float) -> str:
    """A share as a percentage, with one digit where it is small.

    >>> say_share(0.4567), say_share(0.0123), say_share(0.0)
    ('46%', '1.2%', '0%')
    """
    percent = 100 * share
    return f"{percent:.1f}%" if 0 < percent < 9.95 else f"{percent:.0f}%"
