"""Columns of words: yes and no, categories, running text, lists and objects."""

from __future__ import annotations

from leadloop.ingest.column import percent, quoted
from leadloop.ingest.field_types.identifiers import UUID, is_without_blanks
from leadloop.ingest.field_types.look import FEW, NEARLY, Look, TypeGuess
from leadloop.leads import Field, FieldType
from leadloop.leads.values import FALSE_WORDS, TRUE_WORDS

_LONG = 60
_BAND = r"(?i)\$?\s*\d[\d.,]*\s*k?\s*(?:-|–|—|to)\s*\$?\s*\d[\d.,]*\s*k?|[<>~]=?\s*\d[\d.,]*\s*k?|\d[\d.,]*\s*k?\s*\+"
_LIST = r"(?s)\[.*\]"
_OBJECT = r"(?s)\{.*\}"


def recognise_boolean(look: Look) -> TypeGuess | None:
    """Yes and no, in whatever words."""
    column = look.column
    if column.distinct > 6:
        return None
    words = column.texts.str.to_lowercase()
    yes, no = words.is_in(TRUE_WORDS), words.is_in(FALSE_WORDS)
    if not (yes | no).all() or (column.distinct == 1 and column.matching(r"[\d.]+")):
        return None
    shown = quoted(column.texts.to_list(), 4)
    return TypeGuess("boolean", (f"boolean: only {shown}",))


def recognise_bracketed(look: Look) -> TypeGuess | None:
    """Lists and objects that were written as text."""
    column = look.column
    lists, objects = column.matching(_LIST), column.matching(_OBJECT)
    if look.share(objects) >= NEARLY:
        if look.share(column.matching(UUID)) >= NEARLY:
            return None
        return TypeGuess(
            "text", ("text: objects in braces", "use: give each part of the object a column to use it"), use=False
        )
    if look.share(lists) >= NEARLY:
        return TypeGuess("text", (f"text: {look.counted(lists, 'lists in brackets')}; their items are read as words",))
    return None


def guess_words(look: Look) -> TypeGuess:
    """A category where few values repeat, a text where they hold sentences or hardly repeat."""
    column = look.column
    weights = column.rows / column.filled
    words = float((column.texts.str.count_matches(r"\S+").to_numpy() * weights).sum())
    length = float((column.texts.str.len_chars().to_numpy() * weights).sum())
    shape = f"{column.distinct:,} different values in {column.filled:,} rows"
    if is_without_blanks(look):
        words = max(words, length / 2)
    least = 10 if column.filled >= 500 else 3
    rare = float(weights[column.rows < least].sum())
    lines = look.share(column.rows_where(column.texts.str.contains(r"\n")))
    near = _near_miss(look)
    few = column.distinct <= FEW and (length <= _LONG or rare < 0.5)
    wordy = (
        (words >= 4 and column.uniqueness > 0.3) or (rare > 0.5 and (words >= 1.5 or length > _LONG)) or lines > 0.05
    )
    if wordy and not few:
        return TypeGuess("text", (f"text: {shape}, of {words:,.1f} words on average", *near))
    bands = column.matching(_BAND)
    if look.share(bands) >= NEARLY and not near:
        near = (f"type: {look.counted(bands, 'ranges')}; if they count people, type employees reads their size",)
    return TypeGuess("category", (f"category: {shape}", *near))


def _near_miss(look: Look) -> tuple[str, ...]:
    """What most of the values are, where too many are something else."""
    column = look.column
    kinds: tuple[FieldType, ...] = ("number", "time", "money", "boolean")
    for kind in kinds:
        field = Field(column.name, kind, "intake")
        if column.sample.read(field).is_not_null().sum() < 0.5 * column.sample.distinct and kind != "boolean":
            continue
        values = column.read(field)
        read = column.rows_where(values.is_not_null())
        if look.share(read) >= NEARLY:
            mend = f"mend those, or name them in missing, to use type {kind}"
            return (
                f"type: {percent(look.share(read))} could be read as {kind}, but not {quoted(column.unread(values))}; {mend}",
            )
    return ()
