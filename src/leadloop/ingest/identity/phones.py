"""Phone numbers in the form in which they are compared."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"\d")
_ODD = re.compile(r"[^\d\s().\-/+–]|(?<=\d)\s*(?:ext|x)\b.*$", re.IGNORECASE)
_FEWEST, _MOST, _COMPARED = 7, 15, 9


def phone_key(text: str) -> str:
    """The last nine digits of a number, so that it is found with and without its country; empty where it is none.

    A number of one digit over and over, or one that counts up, is a placeholder.

    >>> (
    ...     phone_key("+49 (0)151 234-567-89") == phone_key("0151 23456789"),
    ...     phone_key("call me"),
    ...     phone_key("000-000-0000"),
    ... )
    (True, '', '')
    """
    bare = _ODD.sub("", text) if re.search(r"(?:ext|x)\.?\s*\d+\s*$", text, re.IGNORECASE) else text
    if re.search(r"[^\d\s().\-/+–]", bare):
        return ""
    digits = "".join(_DIGITS.findall(bare))
    if not _FEWEST <= len(digits) <= _MOST or len(set(digits[-_FEWEST:])) < 2 or digits[-_FEWEST:] in "01234567890":
        return ""
    return digits[-_COMPARED:]
