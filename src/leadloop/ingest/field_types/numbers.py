"""Columns of numbers and amounts, and of what is written in digits without being one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadloop.ingest.column import Column
from leadloop.ingest.field_types.contacts import PHONE_WORDS
from leadloop.ingest.field_types.employees import EMPLOYEES_NAME
from leadloop.ingest.field_types.identifiers import HANDLE_WORDS, ID_WORDS, REPEATING, guess_identifier
from leadloop.ingest.field_types.look import ENOUGH, NEARLY, Look, TypeGuess, find_words_among, say_unread
from leadloop.ingest.field_types.times import TIME_WORDS, guess_time
from leadloop.ingest.time_formats import find_number_times, looks_like_excel_days
from leadloop.leads import Field, FieldType

_CODE_WORDS = frozenset(["zip", "zipcode", "postal", "postcode", "plz", "sic", "naics"])
_PLACE_WORDS = frozenset(["region", "campaign", "territory", "branch", "store", "area", "district"])
_MONEY_WORDS = frozenset(
    [
        "revenue",
        "amount",
        "price",
        "budget",
        "funding",
        "salary",
        "income",
        "turnover",
        "spend",
        "cost",
        "payment",
        "premium",
        "fee",
        "balance",
        "arr",
        "mrr",
        "acv",
        "tcv",
        "value",
        "eur",
        "usd",
        "gbp",
    ]
)
_RATIO_WORDS = frozenset(
    [
        "idx",
        "index",
        "rate",
        "ratio",
        "pct",
        "percent",
        "percentage",
        "share",
        "count",
        "number",
        "days",
        "score",
        "level",
        "rank",
    ]
)


def recognise_digits(look: Look) -> TypeGuess | None:
    """Numbers, and codes, times and telephone numbers that are written in digits."""
    column = look.column
    field = Field(column.name, "number", "intake")
    # Most columns are words: a few hundred texts are enough to see that, and spare the careful reader the rest.
    if NEARLY * column.sample.distinct > column.sample.read(field).is_not_null().sum():
        return _decimal_comma(look)
    numbers = column.read(field)
    read = column.rows_where(numbers.is_not_null())
    if missing := find_words_among(look, numbers):
        return _look_without(look, missing)
    if look.share(read) < ENOUGH:
        return _decimal_comma(look)
    values = numbers.to_numpy()
    evidence = f"{look.counted(read, 'numbers')}{say_unread(look, numbers)}"
    return _coded(look, values, evidence) or _measured(look, values, evidence)


def _coded(look: Look, values: np.ndarray, evidence: str) -> TypeGuess | None:
    """Times, telephone numbers, identifiers and codes: digits that measure nothing."""
    column = look.column
    time = find_number_times(column, values, named=look.named(TIME_WORDS) or "time" in look.likely)
    if time is not None:
        return guess_time(look, time)
    lengths = column.texts.str.len_chars()
    if look.named(PHONE_WORDS) and column.rows_where(lengths >= 7) >= NEARLY * column.filled:
        return TypeGuess("phone", (f"phone: {evidence}, and its name says so",))
    known = values[~np.isnan(values)]
    if not np.all(known == np.floor(known)):
        return None
    zeros = column.matching(r"0\d+")
    if look.likely[:1] == ("category",) or look.named(_CODE_WORDS):
        return TypeGuess("category", (f"category: {evidence}, but its name says that they are codes",))
    # "campaign" may count the calls of one; numbered from 100 upwards it names them.
    if look.named(_PLACE_WORDS) and known.min() >= 100 and column.uniqueness <= REPEATING:
        return TypeGuess("category", (f"category: {evidence}, but by their name and size they are codes",))
    last = look.words[-1] if look.words else ""
    named = last in ID_WORDS or look.likely[:1] == ("id",)
    if named or last in HANDLE_WORDS or np.abs(known).max() >= 1e15:
        found = guess_identifier(look, named=named)
        if found is not None:
            return found
    if zeros > 0.01 * column.filled or (last in ("code", "codes") and column.uniqueness <= REPEATING):
        why = f"since {zeros:,} of them begin with 0" if zeros else "by their name"
        return TypeGuess("category", (f"category: {evidence}, but they are codes, {why}",))
    return None


def _measured(look: Look, values: np.ndarray, evidence: str) -> TypeGuess:
    """Numbers of employees, amounts of money, and plain numbers."""
    known = values[~np.isnan(values)]
    counted = (look.likely[:1] == ("employees",) or EMPLOYEES_NAME.search(look.name)) and known.min() >= 0
    if counted and reads(look, "employees"):
        return TypeGuess("employees", (f"employees: {evidence}, and its name says what they count",))
    kind: FieldType = "number"
    amounts = look.likely[:1] == ("money",) or (look.named(_MONEY_WORDS) and not look.named(_RATIO_WORDS))
    if amounts and reads(look, "money"):
        kind, evidence = "money", f"{evidence}, and its name says that they are amounts"
    more: tuple[str, ...] = ()
    if look.named(TIME_WORDS) and looks_like_excel_days(known):
        more = (
            "type: they look like a spreadsheet's day numbers; export them as dates to use their weekday and month",
        )
    comma, opened, said = _decimal_sign(look, kind)
    return TypeGuess(kind, (f"{kind}: {evidence}", *said, *more), ("decimal_comma",) if comma else (), open=opened)


def with_comma(column: Column, guess: TypeGuess) -> TypeGuess:
    """The guess for whole numbers in a file whose other numbers have a decimal comma: 1.250 is then more than a thousand.

    Numbers that the comma would read otherwise, or not at all, stay as they are.
    """
    if guess.type not in ("number", "money") or guess.formats or guess.habit:
        return guess
    plain = column.read(Field(column.name, guess.type, "intake"))
    comma = column.read(Field(column.name, guess.type, "intake", formats=("decimal_comma",)))
    if not plain.equals(comma):
        return guess
    said = "formats: these are whole numbers; a comma is read as a decimal sign, as in the file's other numbers"
    return replace(guess, formats=("decimal_comma",), evidence=(*guess.evidence, said))


def _look_without(look: Look, missing: tuple[str, ...]) -> TypeGuess:
    """The guess once the words that stand among the numbers are known to mean “missing”."""
    rest = look.again(look.column.without(missing))
    return replace(rest, missing=(*missing, *rest.missing))


def reads(look: Look, kind: FieldType) -> bool:
    """Whether a type reads the column: what is a number is not always an amount (12%) or a count (1.5)."""
    values = look.column.read(Field(look.column.name, kind, "intake"))
    return look.share(look.column.rows_where(values.is_not_null())) >= ENOUGH


def _decimal_sign(look: Look, kind: FieldType) -> tuple[bool, str, tuple[str, ...]]:
    """Whether a comma is the decimal sign of numbers that both ways can read, what stays open, and the evidence.

    4,857 and 4.857 can each be a few thousand or nearly five; all numbers of a column having three digits behind the sign
    speaks for thousands, a file that writes decimal commas elsewhere for the other.
    """
    column, elsewhere = look.column, look.habits.decimal_comma
    commas, points = (column.matching(rf"[^\d]*\d{{1,3}}(?:{sign}\d{{3}})+[^\d.,]*") for sign in (",", r"\."))
    with_comma, with_point = (column.rows_where(column.texts.str.contains(sign)) for sign in (",", r"\."))
    if commas and commas == with_comma and not with_point:
        if elsewhere and kind != "money":
            return True, "", ("formats: the comma is read as a decimal sign, as in the file's other numbers",)
        opened = "" if kind == "money" else "decimal"
        return False, opened, ("formats: the comma before three digits is read as a mark of thousands",)
    by_points = points and points == with_point and not with_comma and (elsewhere or kind == "money")
    if by_points and not column.matching(r"[^\d]*0\.\d{3}[^\d]*"):
        why = "as in the file's other numbers" if elsewhere else "since amounts have no three decimals"
        return True, "", (f"formats: the point before three digits is read as a mark of thousands, {why}",)
    return False, "decimal" if points and points == with_point and not with_comma else "", ()


def _decimal_comma(look: Look) -> TypeGuess | None:
    """Numbers or amounts that only a decimal comma can explain: 12,5 or 1.234.567."""
    column = look.column
    if not column.sample.texts.str.contains(r"\d,\d|\d\.\d{3}\.\d{3}").any():
        return None
    plain = column.sample.read(Field(column.name, "money", "intake"))
    if float(plain.is_not_null().to_numpy().mean()) >= ENOUGH:
        return None
    for kind in ("number", "money"):
        field = Field(column.name, kind, "intake", formats=("decimal_comma",))
        if column.sample.read(field).is_not_null().sum() < NEARLY * column.sample.distinct:
            continue
        values = column.read(field)
        read = column.rows_where(values.is_not_null())
        if look.share(read) >= ENOUGH:
            named = look.likely[:1] == ("money",) or (look.named(_MONEY_WORDS) and not look.named(_RATIO_WORDS))
            amounts = kind == "money" or named
            what = "amounts with a decimal comma" if amounts else "numbers with a decimal comma"
            evidence = f"{'money' if amounts else 'number'}: {look.counted(read, what)}{say_unread(look, values)}"
            return TypeGuess("money" if amounts else "number", (evidence,), ("decimal_comma",), habit="decimal_comma")
    return None


def recognise_money(look: Look) -> TypeGuess | None:
    """Amounts in words and signs, such as $1,200 or 3k."""
    column = look.column
    field = Field(column.name, "money", "intake")
    if column.sample.read(field).is_not_null().sum() < NEARLY * column.sample.distinct:
        return None
    values = column.read(field)
    read = column.rows_where(values.is_not_null())
    if missing := find_words_among(look, values):
        return _look_without(look, missing)
    if look.share(read) < ENOUGH:
        return None
    comma, opened, said = _decimal_sign(look, "money")
    evidence = f"money: {look.counted(read, 'amounts')}{say_unread(look, values)}"
    return TypeGuess("money", (evidence, *said), ("decimal_comma",) if comma else (), open=opened)
