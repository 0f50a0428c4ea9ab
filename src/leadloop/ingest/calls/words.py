"""What is listened for in calls: which lists of a playbook's phrases name products, urgency, and signals either way."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

from leadloop.errors import PlaybookError, Problem
from leadloop.features.phrases import PhraseLists, PhraseMatcher, PhraseWalk
from leadloop.features.tokens import Vocabulary
from leadloop.ingest.calls.mood import mood_lists, mood_words

FILE = "calls.toml"
"""Beside a playbook: which of its lists of phrases are what in a call."""


@dataclass(frozen=True)
class CallWords:
    """The lists of phrases of a playbook, and what those found in a call say."""

    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """The phrases of every list that is named below."""
    products: tuple[str, ...] = ()
    """The lists that are products: each is named in `products_discussed` where it comes up, wanted or not."""
    urgent: tuple[str, ...] = ()
    """The lists that say that something must happen at once."""
    soon: tuple[str, ...] = ()
    """The lists that say that something must happen within a quarter."""
    no_hurry: tuple[str, ...] = ()
    """The lists that say that there is time."""
    towards: tuple[str, ...] = ()
    """The lists that speak for the next stage."""
    against: tuple[str, ...] = ()
    """The lists that speak against it."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The lists in the order of their numbers."""
        return self._compiled[1]

    @property
    def matcher(self) -> PhraseMatcher:
        """Finds the phrases of all lists, and the words of moods, in one walk."""
        return self._compiled[0]

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that are looked at."""
        return self._compiled[2]

    @cached_property
    def _compiled(self) -> tuple[PhraseMatcher, tuple[str, ...], Vocabulary]:
        lists = PhraseLists.from_mapping({**self.lists, **mood_lists()})
        walk = PhraseWalk(lists)
        vocabulary = Vocabulary([*walk.words, *sorted(mood_words())])
        return walk.compile(vocabulary), lists.names, vocabulary


_KINDS = tuple(one.name for one in fields(CallWords) if one.name != "lists")


def read_call_words(text: str, lists: Mapping[str, tuple[str, ...]], subject: str) -> CallWords:
    """What `calls.toml` says, with the phrases of the playbook that it lies beside.

    Raises PlaybookError with every mistake at once.

    >>> read_call_words('products = ["Voice"]', {"Voice": ("voice", "SIP")}, "mine").products
    ('Voice',)
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlaybookError(subject, Problem(FILE, f"is not TOML: {error}", "mend that line first")) from None
    problems: list[Problem] = []
    found: dict[str, tuple[str, ...]] = {}
    for kind, names in table.items():
        where = f"{FILE}: {kind}"
        if kind not in _KINDS:
            close = difflib.get_close_matches(kind, _KINDS, n=1)
            problems.append(
                Problem(
                    where, "is not known", f"did you mean {close[0]}?" if close else f"there are {', '.join(_KINDS)}"
                )
            )
            continue
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            problems.append(Problem(where, "is no list of texts", f'write {kind} = ["one", "another"]'))
            continue
        for name in names:
            if name not in lists:
                close = difflib.get_close_matches(name, lists, n=1)
                mend = f"did you mean “{close[0]}”?" if close else "add the list to a phrase file of the playbook"
                problems.append(Problem(where, f"names the phrases “{name}”, and there is no such list", mend))
        found[kind] = tuple(names)
    if problems:
        raise PlaybookError(subject, problems)
    used = {name: lists[name] for names in found.values() for name in names}
    return CallWords(used, **found)
