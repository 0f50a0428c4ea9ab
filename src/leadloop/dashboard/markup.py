"""HTML that is put together of tags: whatever is no `Html` is text, and is escaped without anybody having to think of it.

>>> print(tag("p", "1 < 2 ", tag("b", "so"), cls="note"))
<p class="note">1 &lt; 2 <b>so</b></p>
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from leadloop.dashboard.escape import in_html

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_ALONE = frozenset({"br", "hr", "circle", "line", "path", "rect"})
_NEVER = frozenset({"script", "iframe", "object", "embed", "link", "meta", "base", "form", "img"})


class Html(str):
    """HTML that this module made."""

    __slots__ = ()


def tag(name: str, *inside: object, cls: str = "", **attributes: Any) -> Html:
    """A tag around texts and other tags; attributes of None are left out, `_` in a name stands for `-`.

    Raises ValueError for a name that is none, and for a tag or an attribute that could run or load something.
    """
    if not _NAME.fullmatch(name) or name in _NEVER:
        raise ValueError(f"{name!r} is no tag of ours")
    said = {"class": cls or None, **{key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}}
    written = []
    for key, value in said.items():
        if key.startswith("on") or key in ("href", "src", "srcdoc") or not _NAME.fullmatch(key.lower()):
            raise ValueError(f"{key!r} is no attribute of ours")
        if value is not None and value is not False:
            written.append(f' {key}="{in_html("" if value is True else value)}"')
    head = f"<{name}{''.join(written)}>"
    return Html(head) if name in _ALONE else Html(f"{head}{join(inside)}</{name}>")


def join(parts: Iterable[object]) -> Html:
    """Texts and tags one after the other; None and False are nothing."""
    return Html(
        "".join(part if isinstance(part, Html) else in_html(part) for part in parts if part not in (None, False))
    )
