"""What kind of values a column holds, and the evidence for it.

A type is guessed only if at least 99.5% of the filled cells can be read as it by the same readers that training and
scoring will use; the few that cannot are named. Where a name must speak (a unix time, an amount without a currency, a
number of people), the guess says that it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from leadloop.ingest.column import Column, percent, quoted
from leadloop.ingest.time_formats import TimeFormats, find_number_times, find_time_formats, looks_like_excel_days
from leadloop.leads import Field, FieldType
from leadloop.leads.employees import looks_like_spreadsheet_date
from leadloop.leads.values import FALSE_WORDS, TRUE_WORDS
from leadloop.learning.leakage.names import name_words

ENOUGH = 0.995
_NEARLY = 0.9
_UNIQUE = 0.9
_REPEATING = 0.2
_FEW = 30
_LONG = 60

_EMAIL = r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+"
_LINK = r"(?i)(?:[a-z][a-z0-9+.-]*://|www\.)\S+"
_BARE_DOMAIN = r"(?i)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?:[/?#]\S*)?"
_COMMON_DOMAIN = (
    r"(?i)[a-z0-9][a-z0-9.-]*\.(?:com|org|net|edu|gov|io|co|ai|app|dev|biz|info|eu|uk|de|fr|es|it|nl|be|ch|at|se|no|dk|"
    r"fi|pl|br|in|au|ca|us|jp|cn|mx|za|ie|pt|nz)(?:[/?#]\S*)?"
)
_PHONE = r"\+?[\d\s().\-/]*\d[\d\s().\-/]*(?:\s*(?:x|ext\.?|extension)\s*\d{1,6})?"
_PHONE_MARKS = r"^\+\d|^00\d|\(\d+\)|\d[-. ]\d+[-. ]\d"
_UUID = r"(?i)\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?"
_HASH = r"(?i)[0-9a-f]{16,128}|[a-z0-9]{15}|[a-z0-9]{18}"
_BAND = r"(?i)\$?\s*\d[\d.,]*\s*k?\s*(?:-|–|—|to)\s*\$?\s*\d[\d.,]*\s*k?|[<>~]=?\s*\d[\d.,]*\s*k?|\d[\d.,]*\s*k?\s*\+"
_NO_BLANKS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"
_LIST = r"(?s)\[.*\]"
_OBJECT = r"(?s)\{.*\}"
_LINKEDIN_BAND = r"(?i)size_\d+\w*"
# Bands that count employees in the exports of LinkedIn, HubSpot, Apollo, People Data Labs and Google.
_KNOWN_BANDS = frozenset(
    [
        "1-10",
        "2-10",
        "1-5",
        "6-10",
        "5-25",
        "11-20",
        "21-50",
        "11-50",
        "26-50",
        "25-50",
        "51-100",
        "51-200",
        "50-200",
        "101-200",
        "201-500",
        "200-500",
        "251-500",
        "501-1000",
        "501-1,000",
        "500-1000",
        "1001-2000",
        "1001-5000",
        "1,001-5,000",
        "1000-5000",
        "2001-5000",
        "5001-10000",
        "5,001-10,000",
        "10001+",
        "10,001+",
        "10000+",
        "10,000+",
        "1-50",
        "50-99",
        "100-499",
        "500-999",
        "1000-4999",
        "5000-9999",
        "1-9",
        "10-49",
        "50-249",
        "250+",
        "1-4",
        "5-9",
        "10-19",
        "20-49",
        "100-249",
        "250-499",
        "1000+",
        "1,000+",
        "5000+",
        "500+",
    ]
)

_ID_WORDS = frozenset({"id", "ids", "uuid", "guid", "uid", "key", "pk", "identifier", "urn"})
_HANDLE_WORDS = frozenset(
    {"number", "no", "nr", "num", "ref", "reference", "hash", "username", "user", "handle", "login", "token", "code"}
)
_CODE_WORDS = frozenset(["zip", "zipcode", "postal", "postcode", "plz", "sic", "naics"])
_PLACE_WORDS = frozenset(["region", "campaign", "territory", "branch", "store", "area", "district"])
_TIME_WORDS = frozenset(
    [
        "time",
        "timestamp",
        "date",
        "datetime",
        "unix",
        "epoch",
        "ts",
        "utc",
        "created",
        "updated",
        "modified",
        "at",
        "on",
        "day",
        "since",
        "created_at",
    ]
)
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
_PHONE_WORDS = frozenset({"phone", "telephone", "tel", "mobile", "cell", "fax", "whatsapp", "mobilephone"})
_URL_WORDS = frozenset({"url", "website", "web", "site", "domain", "homepage", "link", "linkedin", "referrer", "page"})
_EMPLOYEES_NAME = re.compile(
    r"\b(employees|headcount|ftes?)\b|\b(employee|staff) (count|number|range|band|size|total)\b"
    r"|\b(company|organi[sz]ation|org|firm|business|team) size\b|\bsize of (the )?(company|organi[sz]ation|firm)\b"
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a file writes things, as its unmistakable columns show: helps with those that could be read either way.

    `day_first`: dates are written 31/12/2024 (None where nothing tells); `decimal_comma`: 1,5 is one and a half.
    """

    day_first: bool | None = None
    decimal_comma: bool = False


@dataclass(frozen=True, slots=True)
class TypeGuess:
    """The type of a column, with the formats that read it and the evidence, in words.

    `use` is false where the values are nothing to learn from; the evidence says why. `missing` are words among numbers or
    times that can only mean "not given". `habit` is what this column tells about the file ("day_first", "month_first",
    "decimal_comma"), `open` what it does not tell by itself ("day", "decimal").
    """

    type: FieldType
    evidence: tuple[str, ...]
    formats: tuple[str, ...] = ()
    use: bool = True
    missing: tuple[str, ...] = ()
    habit: str = ""
    open: str = ""


@dataclass(frozen=True)
class _Look:
    """What the recognisers look at: the column, the words of its name, the types its name suggests, the file's habits."""

    column: Column
    words: tuple[str, ...]
    likely: tuple[FieldType, ...]
    habits: Habits

    def named(self, words: frozenset[str]) -> bool:
        return not words.isdisjoint(self.words)

    @property
    def name(self) -> str:
        return " ".join(self.words)

    def counted(self, rows: int, what: str) -> str:
        return f"{rows:,} of {self.column.filled:,} values are {what}"

    def share(self, rows: int) -> float:
        return rows / self.column.filled


def guess_type(column: Column, *, likely: tuple[FieldType, ...] = (), habits: Habits = Habits()) -> TypeGuess:
    """What a column holds. Placeholders must be out of it already (`Column.without`).

    `likely` are the types that its well-known name allows (`crm_names`), the likeliest first: they decide between
    readings that the values allow, never against the values.

    >>> guess_type(Column("Budget", pl.Series(["$1,200", "€3k", "900"]))).type
    'money'
    >>> guess_type(Column("size", pl.Series(["1-10", "11-50", "51-200", "11-50"]))).evidence
    ('employees: 4 of 4 values are numbers or ranges of employees, in bands that are usual for them',)
    """
    if column.filled == 0:
        return TypeGuess("category", ("category: no value to judge by",))
    look = _Look(column, name_words(column.name), likely, habits)
    if column.cells.dtype.is_temporal() and column.cells.dtype not in (pl.Time, pl.Duration):
        return TypeGuess("time", ("time: the file says so",))
    for recognise in _RECOGNISERS:
        guess = recognise(look)
        if guess is not None:
            return guess
    return _words(look)


# Yes and no.


def _boolean(look: _Look) -> TypeGuess | None:
    column = look.column
    if column.distinct > 6:
        return None
    words = column.texts.str.to_lowercase()
    yes, no = words.is_in(TRUE_WORDS), words.is_in(FALSE_WORDS)
    if not (yes | no).all() or (column.distinct == 1 and column.matching(r"[\d.]+")):
        return None
    shown = quoted(column.texts.to_list(), 4)
    return TypeGuess("boolean", (f"boolean: only {shown}",))


# Lists and objects written as text.


def _bracketed(look: _Look) -> TypeGuess | None:
    column = look.column
    lists, objects = column.matching(_LIST), column.matching(_OBJECT)
    if look.share(objects) >= _NEARLY:
        if look.share(column.matching(_UUID)) >= _NEARLY:
            return None
        return TypeGuess(
            "text", ("text: objects in braces", "use: give each part of the object a column to use it"), use=False
        )
    if look.share(lists) >= _NEARLY:
        return TypeGuess("text", (f"text: {look.counted(lists, 'lists in brackets')}; their items are read as words",))
    return None


# Times.


def _time(look: _Look) -> TypeGuess | None:
    found = find_time_formats(look.column, day_first=look.habits.day_first)
    if found is not None and found.day == "both":
        mend = "write all dates in one way to use them"
        return TypeGuess(
            "text",
            ("text: dates that cannot be read as one way of writing", f"use: {found.evidence}; {mend}"),
            use=False,
        )
    return None if found is None else _as_time(look, found)


def _as_time(look: _Look, found: TimeFormats) -> TypeGuess:
    field = Field(look.column.name, "time", "intake", formats=found.formats)
    values = look.column.read(field)
    read = look.column.rows_where(values.is_not_null())
    way = found.called or (
        "dates or times in ISO form" if not found.formats else f"times written {', '.join(found.formats)}"
    )
    evidence = f"time: {look.counted(read, way)}{_unread(look, values)}"
    more = (f"formats: {found.evidence}",) if found.evidence else ()
    habit = {"first": "day_first", "second": "month_first"}.get(found.day or "", "")
    opened = "day" if found.day == "unclear" else ""
    return TypeGuess("time", (evidence, *more), found.formats, habit=habit, open=opened)


# Numbers, and what is written in digits without being one.


def _digits(look: _Look) -> TypeGuess | None:
    column = look.column
    field = Field(column.name, "number", "intake")
    # Most columns are words: a few hundred texts are enough to see that, and spare the careful reader the rest.
    if _NEARLY * column.sample.distinct > column.sample.read(field).is_not_null().sum():
        return _decimal_comma(look)
    numbers = column.read(field)
    read = column.rows_where(numbers.is_not_null())
    missing = _words_among(look, numbers)
    if missing:
        rest = guess_type(column.without(missing), likely=look.likely, habits=look.habits)
        return replace(rest, missing=(*missing, *rest.missing))
    if look.share(read) < ENOUGH:
        return _decimal_comma(look)
    values = numbers.to_numpy()
    evidence = f"{look.counted(read, 'numbers')}{_unread(look, numbers)}"
    return _coded(look, values, evidence) or _measured(look, values, evidence)


def _coded(look: _Look, values: np.ndarray, evidence: str) -> TypeGuess | None:
    """Times, telephone numbers, identifiers and codes: digits that measure nothing."""
    column = look.column
    time = find_number_times(column, values, named=look.named(_TIME_WORDS) or "time" in look.likely)
    if time is not None:
        return _as_time(look, time)
    lengths = column.texts.str.len_chars()
    if look.named(_PHONE_WORDS) and column.rows_where(lengths >= 7) >= _NEARLY * column.filled:
        return TypeGuess("phone", (f"phone: {evidence}, and its name says so",))
    known = values[~np.isnan(values)]
    if not np.all(known == np.floor(known)):
        return None
    zeros = column.matching(r"0\d+")
    if look.likely[:1] == ("category",) or look.named(_CODE_WORDS):
        return TypeGuess("category", (f"category: {evidence}, but its name says that they are codes",))
    # "campaign" may count the calls of one; numbered from 100 upwards it names them.
    if look.named(_PLACE_WORDS) and known.min() >= 100 and column.uniqueness <= _REPEATING:
        return TypeGuess("category", (f"category: {evidence}, but by their name and size they are codes",))
    last = look.words[-1] if look.words else ""
    named = last in _ID_WORDS or look.likely[:1] == ("id",)
    if named or last in _HANDLE_WORDS or np.abs(known).max() >= 1e15:
        found = _identifier(look, named=named)
        if found is not None:
            return found
    if zeros > 0.01 * column.filled or (last in ("code", "codes") and column.uniqueness <= _REPEATING):
        why = f"since {zeros:,} of them begin with 0" if zeros else "by their name"
        return TypeGuess("category", (f"category: {evidence}, but they are codes, {why}",))
    return None


def _measured(look: _Look, values: np.ndarray, evidence: str) -> TypeGuess:
    """Numbers of employees, amounts of money, and plain numbers."""
    known = values[~np.isnan(values)]
    counted = (look.likely[:1] == ("employees",) or _EMPLOYEES_NAME.search(look.name)) and known.min() >= 0
    if counted and _reads(look, "employees"):
        return TypeGuess("employees", (f"employees: {evidence}, and its name says what they count",))
    kind: FieldType = "number"
    amounts = look.likely[:1] == ("money",) or (look.named(_MONEY_WORDS) and not look.named(_RATIO_WORDS))
    if amounts and _reads(look, "money"):
        kind, evidence = "money", f"{evidence}, and its name says that they are amounts"
    more: tuple[str, ...] = ()
    if look.named(_TIME_WORDS) and looks_like_excel_days(known):
        more = (
            "type: they look like a spreadsheet's day numbers; export them as dates to use their weekday and month",
        )
    comma, opened, said = _decimal_sign(look, kind)
    return TypeGuess(kind, (f"{kind}: {evidence}", *said, *more), ("decimal_comma",) if comma else (), open=opened)


def _reads(look: _Look, kind: FieldType) -> bool:
    """Whether a type reads the column: what is a number is not always an amount (12%) or a count (1.5)."""
    values = look.column.read(Field(look.column.name, kind, "intake"))
    return look.share(look.column.rows_where(values.is_not_null())) >= ENOUGH


def _decimal_sign(look: _Look, kind: FieldType) -> tuple[bool, str, tuple[str, ...]]:
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


def _decimal_comma(look: _Look) -> TypeGuess | None:
    """Numbers or amounts that only a decimal comma can explain: 12,5 or 1.234.567."""
    column = look.column
    if not column.sample.texts.str.contains(r"\d,\d|\d\.\d{3}\.\d{3}").any():
        return None
    plain = column.sample.read(Field(column.name, "money", "intake"))
    if float(plain.is_not_null().to_numpy().mean()) >= ENOUGH:
        return None
    for kind in ("number", "money"):
        field = Field(column.name, kind, "intake", formats=("decimal_comma",))
        if column.sample.read(field).is_not_null().sum() < _NEARLY * column.sample.distinct:
            continue
        values = column.read(field)
        read = column.rows_where(values.is_not_null())
        if look.share(read) >= ENOUGH:
            named = look.likely[:1] == ("money",) or (look.named(_MONEY_WORDS) and not look.named(_RATIO_WORDS))
            amounts = kind == "money" or named
            what = "amounts with a decimal comma" if amounts else "numbers with a decimal comma"
            evidence = f"{'money' if amounts else 'number'}: {look.counted(read, what)}{_unread(look, values)}"
            return TypeGuess("money" if amounts else "number", (evidence,), ("decimal_comma",), habit="decimal_comma")
    return None


def _words_among(look: _Look, values: pl.Series) -> tuple[str, ...]:
    """Words that stand among numbers in many rows ("not recorded"): they can only mean that there is no number."""
    column = look.column
    unread = column.texts.filter(values.is_null())
    rows = column.rows[values.is_null().to_numpy()]
    wordy = not unread.str.contains(r"\d").any() and bool(unread.str.contains(r"\p{L}").all())
    wordy = wordy and not unread.str.to_lowercase().is_in([*TRUE_WORDS, *FALSE_WORDS, "other", "others"]).any()
    if not 1 <= len(unread) <= 3 or not wordy or rows.min() < max(5, 0.001 * column.filled):
        return ()
    # Among a handful of values a word is an answer of its own: "none, 1, 2, 3 or more children".
    return tuple(unread.to_list()) if column.distinct > _FEW else ()


# Amounts and sizes in words and signs.


def _money(look: _Look) -> TypeGuess | None:
    column = look.column
    field = Field(column.name, "money", "intake")
    if column.sample.read(field).is_not_null().sum() < _NEARLY * column.sample.distinct:
        return None
    values = column.read(field)
    read = column.rows_where(values.is_not_null())
    missing = _words_among(look, values)
    if missing:
        rest = guess_type(column.without(missing), likely=look.likely, habits=look.habits)
        return replace(rest, missing=(*missing, *rest.missing))
    if look.share(read) < ENOUGH:
        return None
    comma, opened, said = _decimal_sign(look, "money")
    evidence = f"money: {look.counted(read, 'amounts')}{_unread(look, values)}"
    return TypeGuess("money", (evidence, *said), ("decimal_comma",) if comma else (), open=opened)


def _employees(look: _Look) -> TypeGuess | None:
    column = look.column
    named = look.likely[:1] == ("employees",) or _EMPLOYEES_NAME.search(look.name) is not None
    known = frozenset(
        re.sub(r"\s*(?:employees|people|staff)?\s*$|\s", "", text.casefold())
        for text in column.texts.head(50).to_list()
    )
    said = "its name says what they count"
    if not named:
        usual = len(known & _KNOWN_BANDS) >= max(3, 0.8 * len(known))
        spoken = column.matching(r"(?i).*\d.*\b(?:employees|people|staff|ftes?)") + column.matching(_LINKEDIN_BAND)
        if not usual and look.share(spoken) < 0.5:
            return None
        said = "in bands that are usual for them" if usual else "as the values say"
    values = column.read(Field(column.name, "employees", "intake"))
    read = column.rows_where(values.is_not_null())
    if look.share(read) >= ENOUGH:
        evidence = look.counted(read, "numbers or ranges of employees")
        return TypeGuess("employees", (f"employees: {evidence}{_unread(look, values)}, {said}",))
    turned = [text for text in column.unread(values) if looks_like_spreadsheet_date(text)]
    if named and turned:
        mend = (
            f"{quoted(turned)} look like ranges that a spreadsheet turned into dates; mend them to use type employees"
        )
        return TypeGuess("category", (f"category: {look.counted(read, 'numbers or ranges of employees')}, but {mend}",))
    return None


# Addresses and numbers to reach somebody.


def _email(look: _Look) -> TypeGuess | None:
    rows = look.column.matching(_EMAIL)
    if look.share(rows) < (0.5 if look.likely[:1] == ("email",) else _NEARLY):
        return None
    others = look.column.texts.filter(~look.column.texts.str.contains(f"^(?:{_EMAIL})$")).to_list()
    strange = f"; not {quoted(others)}" if others else ""
    return TypeGuess("email", (f"email: {look.counted(rows, 'e-mail addresses')}{strange}",))


def _url(look: _Look) -> TypeGuess | None:
    domain = _BARE_DOMAIN if look.named(_URL_WORDS) else _COMMON_DOMAIN
    rows = look.column.matching(f"{_LINK}|{domain}")
    if look.share(rows) < _NEARLY:
        return None
    return TypeGuess("url", (f"url: {look.counted(rows, 'web addresses')}",))


def _phone(look: _Look) -> TypeGuess | None:
    column = look.column
    if not column.matching(_PHONE):
        return None
    digits = column.texts.str.count_matches(r"\d")
    alike = column.texts.str.contains(f"^(?:{_PHONE})$") & digits.is_between(6, 20)
    rows = column.rows_where(alike)
    named = look.named(_PHONE_WORDS) or look.likely[:1] == ("phone",)
    marked = column.rows_where(alike & column.texts.str.contains(_PHONE_MARKS) & digits.is_between(9, 15))
    if look.share(rows) < (0.7 if named else _NEARLY) or not (named or look.share(marked) >= 0.5):
        return None
    return TypeGuess("phone", (f"phone: {look.counted(rows, 'telephone numbers')}",))


# Identifiers.


def _codes_in_letters(look: _Look) -> TypeGuess | None:
    column = look.column
    if look.share(column.matching(r"\S+")) < 0.98:
        return None
    if look.likely[:1] == ("category",) and column.uniqueness >= _UNIQUE:
        return TypeGuess("category", ("category: hardly one repeats, so all that tells is whether there is one",))
    last = look.words[-1] if look.words else ""
    named = last in _ID_WORDS or look.likely[:1] == ("id",)
    hashes = column.matching(_UUID) + column.matching(_HASH)
    mixed = column.rows_where(column.texts.str.contains(r"\d"))
    shaped = look.share(hashes) >= _NEARLY
    if not (named or shaped or last in _HANDLE_WORDS) and (column.filled < 20 or column.uniqueness < _UNIQUE):
        return None
    if not named and _without_blanks(look):
        return None
    what = "hashes" if shaped else "codes" if look.share(mixed) > 0.5 else "single words"
    return _identifier(look, named=named or shaped, what=what)


def _without_blanks(look: _Look) -> bool:
    """Whether most texts are in a script that writes sentences without blanks."""
    return look.share(look.column.rows_where(look.column.texts.str.contains(_NO_BLANKS))) > 0.5


def _identifier(look: _Look, *, named: bool, what: str = "numbers") -> TypeGuess | None:
    """An identifier where (nearly) no value repeats, a category where few values repeat often, nothing where unsure."""
    column = look.column
    unique = f"{column.distinct:,} different {what} in {column.filled:,} rows"
    if column.uniqueness >= _UNIQUE and column.filled > 1:
        return TypeGuess("id", (f"id: {unique}, so hardly one repeats",))
    if not named:
        return None
    if column.uniqueness <= _REPEATING:
        return TypeGuess("category", (f"category: {unique}, so they name groups",))
    return TypeGuess("id", (f"id: {unique}, too many to learn from one by one",))


# Words.


def _words(look: _Look) -> TypeGuess:
    """A category where few values repeat, a text where they hold sentences or hardly repeat."""
    column = look.column
    weights = column.rows / column.filled
    words = float((column.texts.str.count_matches(r"\S+").to_numpy() * weights).sum())
    length = float((column.texts.str.len_chars().to_numpy() * weights).sum())
    shape = f"{column.distinct:,} different values in {column.filled:,} rows"
    if _without_blanks(look):
        words = max(words, length / 2)
    least = 10 if column.filled >= 500 else 3
    rare = float(weights[column.rows < least].sum())
    lines = look.share(column.rows_where(column.texts.str.contains(r"\n")))
    near = _near_miss(look)
    few = column.distinct <= _FEW and (length <= _LONG or rare < 0.5)
    wordy = (
        (words >= 4 and column.uniqueness > 0.3) or (rare > 0.5 and (words >= 1.5 or length > _LONG)) or lines > 0.05
    )
    if wordy and not few:
        return TypeGuess("text", (f"text: {shape}, of {words:,.1f} words on average", *near))
    bands = column.matching(_BAND)
    if look.share(bands) >= _NEARLY and not near:
        near = (f"type: {look.counted(bands, 'ranges')}; if they count people, type employees reads their size",)
    return TypeGuess("category", (f"category: {shape}", *near))


def _near_miss(look: _Look) -> tuple[str, ...]:
    """What most of the values are, where too many are something else."""
    column = look.column
    kinds: tuple[FieldType, ...] = ("number", "time", "money", "boolean")
    for kind in kinds:
        field = Field(column.name, kind, "intake")
        if column.sample.read(field).is_not_null().sum() < 0.5 * column.sample.distinct and kind != "boolean":
            continue
        values = column.read(field)
        read = column.rows_where(values.is_not_null())
        if look.share(read) >= _NEARLY:
            mend = f"mend those, or name them in missing, to use type {kind}"
            return (
                f"type: {percent(look.share(read))} could be read as {kind}, but not {quoted(column.unread(values))}; {mend}",
            )
    return ()


def _unread(look: _Look, values: pl.Series) -> str:
    """The texts that the type cannot read, for a guess: rows with them will be rejected."""
    unread = look.column.unread(values)
    if not unread:
        return ""
    rows = look.column.rows_where(values.is_null())
    return f"; not {quoted(unread)}, and {'a row' if rows == 1 else f'{rows:,} rows'} with such will be rejected"


_RECOGNISERS: tuple[Callable[[_Look], TypeGuess | None], ...] = (
    _boolean,
    _bracketed,
    _email,
    _time,
    _digits,
    _employees,
    _money,
    _url,
    _phone,
    _codes_in_letters,
)
