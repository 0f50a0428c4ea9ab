"""Readings: what features and rules in Python may ask of a text, as numbers in their expressions.

A text is read once, for its own columns and for every function that asks: phrases are found with their other forms, and a
phrase that the text says no to is not mentioned.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from leadloop.features.finds import FINDS
from leadloop.features.operations import Refused
from leadloop.features.phrases import PhraseLists
from leadloop.features.terms import Terms
from leadloop.features.text import TextBlock
from leadloop.features.words import Words
from leadloop.features.writing import STATISTICS

Lists = Mapping[str, tuple[str, ...]]


def mentions(field: str, phrases: str) -> pl.Expr:
    """How often a text mentions a list of phrases and does not say no to it; unknown where there is no text.

    >>> str(mentions("notes", "urgency"))
    'col("notes mentions urgency")'
    """
    return pl.col(f"{field} mentions {phrases}")


def says_no_to(field: str, phrases: str) -> pl.Expr:
    """How often a text says no to a list of phrases.

    >>> str(says_no_to("notes", "Voice AI"))
    'col("notes says no to Voice AI")'
    """
    return pl.col(f"{field} says no to {phrases}")


def first_mention(field: str, phrases: str) -> pl.Expr:
    """Which word of a text is the first to mention a list of phrases, from 1; unknown where it is not mentioned.

    >>> str(first_mention("notes", "Voice AI"))
    'col("notes first mentions Voice AI")'
    """
    return pl.col(f"{field} first mentions {phrases}")


def mentions_together(field: str, phrases: str, others: str) -> pl.Expr:
    """How many sentences of a text mention both lists of phrases, and say no to neither.

    >>> str(mentions_together("notes", "Voice AI", "interest"))
    'col("notes mentions Voice AI with interest")'
    """
    return pl.col(f"{field} mentions {phrases} with {others}")


def found(field: str, fact: str) -> pl.Expr:
    """A column of a fact that is found in a text ("next meeting is set"); unknown where the text says nothing of it.

    >>> str(found("notes", "next meeting is set"))
    'col("notes, next meeting is set")'
    """
    return pl.col(f"{field}, {fact}")


def written(field: str, figure: str) -> pl.Expr:
    """A figure about how a text is written, such as "words (log)".

    >>> str(written("notes", "words (log)"))
    'col("notes, words (log)")'
    """
    return pl.col(f"{field}, {figure}")


_FIGURES = frozenset(name for name, *_ in STATISTICS)
_FACTS = {column.name: find.name for find in FINDS.values() for column in find.columns}


def plan_reading(field: str, names: Iterable[str], lists: Lists, time: str) -> TextBlock | None:
    """A block that makes those of these columns that are readings of a text field; None where none is.

    `lists` are all lists of phrases that there are, `time` the field with the lead's own time. Raises Refused for a reading
    of this field that cannot be made.
    """
    kept: list[str] = []
    used: dict[str, tuple[str, ...]] = {}
    firsts: dict[str, None] = {}
    pairs: dict[tuple[str, str], None] = {}
    finds: dict[str, None] = {}

    def use(*asked: str) -> None:
        for name in asked:
            if name not in lists:
                close = difflib.get_close_matches(name, lists, n=1)
                mend = f"did you mean “{close[0]}”?" if close else "add the list under [phrases] or in a phrase file"
                raise Refused(f"looks in {field} for the phrases “{name}”, and there is no such list", mend)
            used[name] = lists[name]

    for name in names:
        if name.startswith(f"{field} mentions "):
            wanted = name.removeprefix(f"{field} mentions ")
            if pair := _pair(wanted, lists):
                use(*pair)
                pairs[pair] = None
            else:
                use(wanted)
        elif name.startswith(f"{field} says no to "):
            use(name.removeprefix(f"{field} says no to "))
        elif name.startswith(f"{field} first mentions "):
            use(first := name.removeprefix(f"{field} first mentions "))
            firsts[first] = None
        elif name.startswith(f"{field}, "):
            fact = name.removeprefix(f"{field}, ")
            if fact in _FACTS:
                finds[_FACTS[fact]] = None
            elif fact not in _FIGURES:
                raise Refused(f"asks {field} for “{fact}”, which is not read from texts", "see Fields and features")
        else:
            continue
        kept.append(name)
    if not kept:
        return None
    read = TextBlock(
        field, PhraseLists.from_mapping(used), tuple(finds), time, Terms((), ()), Words.none(), (), tuple(firsts), tuple(pairs)
    )  # fmt: skip
    # In the order in which the block makes them.
    return replace(read, kept=tuple(column.name for column in replace(read, kept=tuple(kept)).columns))


def _pair(wanted: str, lists: Lists) -> tuple[str, str] | None:
    """The two lists that “... with ...” names, where it is not the name of one."""
    if wanted in lists:
        return None
    parts = wanted.split(" with ")
    for cut in range(1, len(parts)):
        one, other = " with ".join(parts[:cut]), " with ".join(parts[cut:])
        if one in lists and other in lists:
            return one, other
    return None


def join_readings(block: TextBlock, asked: TextBlock) -> TextBlock:
    """One block that makes the columns of both, which read one field, so that the text is read once.

    Raises ValueError where they read it in different ways: with other phrases under one name, or other times.
    """
    lists = dict(zip(block.phrases.names, block.phrases.phrases, strict=True))
    more = dict(zip(asked.phrases.names, asked.phrases.phrases, strict=True))
    times = {one.time for one in (block, asked) if "timeline" in one.finds}
    if (
        block.field != asked.field
        or len(times) > 1
        or any(lists.get(name, held) != held for name, held in more.items())
    ):
        raise ValueError(f"{block.field} and {asked.field} are read in different ways")
    joined = replace(
        block,
        phrases=PhraseLists.from_mapping(lists | more),
        finds=tuple(dict.fromkeys((*block.finds, *asked.finds))),
        time=times.pop() if times else block.time,
        firsts=tuple(dict.fromkeys((*block.firsts, *asked.firsts))),
        pairs=tuple(dict.fromkeys((*block.pairs, *asked.pairs))),
        kept=tuple(dict.fromkeys((*block.kept, *asked.kept))),
    )
    return replace(joined, kept=tuple(column.name for column in joined.columns))
