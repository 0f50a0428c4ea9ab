"""Columns of identifiers: codes that hardly repeat, in digits or letters."""

from __future__ import annotations

from leadloop.ingest.field_types.look import NEARLY, Look, TypeGuess

_UNIQUE = 0.9
REPEATING = 0.2
UUID = r"(?i)\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?"
_HASH = r"(?i)[0-9a-f]{16,128}|[a-z0-9]{15}|[a-z0-9]{18}"
_NO_BLANKS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"
ID_WORDS = frozenset({"id", "ids", "uuid", "guid", "uid", "key", "pk", "identifier", "urn"})
HANDLE_WORDS = frozenset(
    {"number", "no", "nr", "num", "ref", "reference", "hash", "username", "user", "handle", "login", "token", "code"}
)


def recognise_codes_in_letters(look: Look) -> TypeGuess | None:
    """Identifiers that hold letters: hashes, codes, names that hardly repeat."""
    column = look.column
    if look.share(column.matching(r"\S+")) < 0.98:
        return None
    if look.likely[:1] == ("category",) and column.uniqueness >= _UNIQUE:
        return TypeGuess("category", ("category: hardly one repeats, so all that tells is whether there is one",))
    last = look.words[-1] if look.words else ""
    named = last in ID_WORDS or look.likely[:1] == ("id",)
    hashes = column.matching(UUID) + column.matching(_HASH)
    mixed = column.rows_where(column.texts.str.contains(r"\d"))
    shaped = look.share(hashes) >= NEARLY
    if not (named or shaped or last in HANDLE_WORDS) and (column.filled < 20 or column.uniqueness < _UNIQUE):
        return None
    if not named and is_without_blanks(look):
        return None
    what = "hashes" if shaped else "codes" if look.share(mixed) > 0.5 else "single words"
    return guess_identifier(look, named=named or shaped, what=what)


def is_without_blanks(look: Look) -> bool:
    """Whether most texts are in a script that writes sentences without blanks."""
    return look.share(look.column.rows_where(look.column.texts.str.contains(_NO_BLANKS))) > 0.5


def guess_identifier(look: Look, *, named: bool, what: str = "numbers") -> TypeGuess | None:
    """An identifier where (nearly) no value repeats, a category where few values repeat often, nothing where unsure."""
    column = look.column
    unique = f"{column.distinct:,} different {what} in {column.filled:,} rows"
    if column.uniqueness >= _UNIQUE and column.filled > 1:
        return TypeGuess("id", (f"id: {unique}, so hardly one repeats",))
    if not named:
        return None
    if column.uniqueness <= REPEATING:
        return TypeGuess("category", (f"category: {unique}, so they name groups",))
    return TypeGuess("id", (f"id: {unique}, too many to learn from one by one",))
