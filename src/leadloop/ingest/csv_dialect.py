"""How a CSV file is written: what separates its cells, and what its header says."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from leadloop.errors import DataError, Problem
from leadloop.ingest.excerpt import shorten

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
SAMPLE_BYTES = 2**20
SAMPLE_ROWS = 1_000
LARGEST_CELL = 2**20
LONGEST_NAME = 2_000

_EXCEL_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_NUMBER_OR_DATE = re.compile(r"[-+]?[\d.,]*\d[\d.,]*%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ][\d:.]+Z?)?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """How to read the rows of one CSV file.

    `columns` are the names of the header; `width` is how many cells a row has in the file, which is more where each row
    ends in delimiters with nothing behind them (`width - len(columns)` empty cells are then dropped). `rows_from_line`
    is the line after the header. `blanks_before_quotes` says that cells look like `a, "b"`. `notes` are for people.
    """

    delimiter: str
    columns: tuple[str, ...]
    width: int
    rows_from_line: int
    blanks_before_quotes: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Trial:
    """What the sample looks like with one delimiter: the header, the rows below it, and the line after the header."""

    delimiter: str
    header: list[str]
    rows: list[list[str]]
    rows_from_line: int
    blanks_before_quotes: bool

    @property
    def evidence(self) -> tuple[float, float]:
        """How much this looks like a table: many columns, on which header and rows agree; else the rows alone.

        A share counts twice, so that decimal commas, which agree by accident, do not win.
        """
        if not self.rows:
            return len(self.header) - 1, 0.0
        agreement = sum(map(self._fits, self.rows)) / len(self.rows)
        usual, count = self.usual_width
        return agreement**2 * (len(self.header) - 1), (count / len(self.rows)) ** 2 * (usual - 1)

    @property
    def usual_width(self) -> tuple[int, int]:
        """The most frequent number of cells in a row, and how many rows have it."""
        return Counter(map(len, self.rows)).most_common(1)[0]

    def _fits(self, row: list[str]) -> bool:
        """Whether a row has as many cells as the header, empty ones at the end of either apart."""
        both = min(len(row), len(self.header))
        return not any(map(str.strip, [*row[both:], *self.header[both:]]))


def find_dialect(name: str, sample: bytes, *, whole: bool, delimiter: str | None = None) -> CsvDialect:
    """Work out the delimiter and read the header from the beginning of a file (UTF-8), `whole` if that is all of it.

    Raises DataError with everything that is wrong with the header at once.
    """
    text = (sample if whole else sample[: sample.rfind(b"\n") + 1]).decode("utf-8", "replace")
    if not text.strip():
        what = "holds only blank lines" if whole else f"the first line is longer than {len(sample) / 2**20:.0f} MB"
        raise DataError(name, Problem("file", what, "is this a CSV file?"))
    hinted = _EXCEL_HINT.match(text)
    if hinted and delimiter is None:
        delimiter = hinted[1]
    first_line = 2 if hinted else 1
    body = text[hinted.end() :] if hinted else text
    trials = {each: _try(body, each, first_line, whole=whole) for each in _candidates(delimiter)}
    best = max(trials.values(), key=lambda trial: trial.evidence)
    chosen = best if delimiter is None else trials[delimiter]
    if delimiter is not None and len(chosen.header) == 1 and len(best.header) > 1:
        what = f"splitting at each {_spoken(delimiter)} gives a single column, {_quoted(chosen.header[0])}"
        mend = f"the cells look separated by {_spoken(best.delimiter)}s, which would give {len(best.header)} columns"
        raise DataError(name, Problem("delimiter", what, mend))
    return _checked(name, chosen, whole=whole)


def records(lines: Iterable[str], delimiter: str, *, blanks_before_quotes: bool, strict: bool) -> Iterator[list[str]]:
    """The standard library's CSV reader as this package uses it; blank lines give an empty list."""
    if csv.field_size_limit() <= LARGEST_CELL * 8:  # a limit of the whole process, so it is only ever raised
        csv.field_size_limit(LARGEST_CELL * 16)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=blanks_before_quotes, strict=strict)


def _candidates(delimiter: str | None) -> list[str]:
    return list(DELIMITERS) if delimiter is None else list({delimiter: "", **DELIMITERS})


def _try(text: str, delimiter: str, first_line: int, *, whole: bool) -> _Trial:
    trial = _sampled(text, delimiter, first_line, blanks=False, whole=whole)
    # `a, "b"` keeps its quotes unless the reader is told about the blank; asked of the cells, because a quoted text may
    # well hold a blank and a quote after a comma.
    cells = (cell for row in [trial.header, *trial.rows[:100]] for cell in row)
    if delimiter != " " and any(cell.startswith(" ") and cell.lstrip(" ").startswith('"') for cell in cells):
        return _sampled(text, delimiter, first_line, blanks=True, whole=whole)
    return trial


def _sampled(text: str, delimiter: str, first_line: int, *, blanks: bool, whole: bool) -> _Trial:
    lines = _Counted(io.StringIO(text, newline="\n"))
    reader = records(lines, delimiter, blanks_before_quotes=blanks, strict=False)
    found: list[list[str]] = []
    rows_from_line = first_line
    while len(found) <= SAMPLE_ROWS:
        try:
            record = next(reader)
        except StopIteration:
            if not whole and len(found) > 2:
                found.pop()  # the last one may be cut in the middle
            break
        except csv.Error:
            continue
        if record and (found or any(map(str.strip, record))):
            found.append(record)
            if len(found) == 1:
                rows_from_line = first_line + lines.count
    return _Trial(delimiter, found[0] if found else [""], found[1:], rows_from_line, blanks)


class _Counted:
    """Lines, and how many of them were taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        return line


def _checked(name: str, trial: _Trial, *, whole: bool) -> CsvDialect:
    header = [cell.strip().lstrip("\ufeff") for cell in trial.header]
    where = f"line {trial.rows_from_line - 1}"
    for place, cell in enumerate(header, start=1):
        if len(cell) > LONGEST_NAME:
            what = f"the name of column {place} is {len(cell):,} characters long, {_quoted(cell)}: a quote is left open"
            raise DataError(name, Problem("header", what, "close the quote, or export again with a header"))
    columns, width, notes = _without_empty_end(header, trial)
    if trial.rows and (problem := _no_header(header) or _title_above(trial, width)):
        raise DataError(name, Problem(where, *problem))
    problems = [Problem(where, *problem) for problem in _name_problems(columns)]
    if not trial.rows and whole:
        problems.append(Problem("file", "holds a header and no rows", "export it again with its rows"))
    if problems:
        raise DataError(name, problems)
    if len(columns) == 1:
        notes.append("a single column: no comma, semicolon, tab or vertical bar separates the cells")
    return CsvDialect(
        trial.delimiter, tuple(columns), width, trial.rows_from_line, trial.blanks_before_quotes, tuple(notes)
    )


def _no_header(header: list[str]) -> tuple[str, str] | None:
    """A header of nothing but numbers and dates, or with somebody's e-mail address in it, is a row of data."""
    named = [cell for cell in header if cell]
    email = next((cell for cell in named if _EMAIL.fullmatch(cell)), None)
    if named and (email is not None or all(_NUMBER_OR_DATE.fullmatch(cell) for cell in named)):
        evidence = f"holds {_quoted(email)}" if email else "holds only numbers and dates"
        return f"{evidence}, so it looks like data: is there no header row?", "put the column names into the first line"
    return None


def _title_above(trial: _Trial, width: int) -> tuple[str, str] | None:
    usual, count = trial.usual_width
    if count < len(trial.rows) / 2 or sum(len(row) == width for row in trial.rows) >= len(trial.rows) / 10:
        return None
    what = f"has {_cells(len(trial.header))}, but most rows have {usual}"
    mend = "name every column there, and delete title lines above the header"
    return what, f"{mend}; or it is not the {_spoken(trial.delimiter)} that separates the cells"


def _without_empty_end(header: list[str], trial: _Trial) -> tuple[list[str], int, list[str]]:
    """Drop columns at the end that have neither a name nor a value anywhere: delimiters at the end of each line.

    Returns the names, how many cells a row has in the file, and what to tell a person.
    """
    named = max((place + 1 for place, cell in enumerate(header) if cell), default=0)
    wide, count = trial.usual_width if trial.rows else (len(header), 0)
    rows = [row for row in trial.rows if len(row) <= wide]
    if (
        named == 0
        or wide < named
        or named == len(header) == wide
        or any(any(map(str.strip, row[named:])) for row in rows)
    ):
        return header, len(header), []
    if wide > len(header) and count < 0.9 * len(trial.rows):
        return header, len(header), []  # a few long rows are mistakes, not the way the file is written
    extra = max(wide, len(header)) - named
    note = f"each line ends in {'an empty cell' if extra == 1 else f'{extra} empty cells'} without a name; left out"
    return header[:named], wide, [note]


def _name_problems(columns: list[str]) -> Iterator[tuple[str, str]]:
    places: dict[str, list[int]] = {}
    for place, column in enumerate(columns, start=1):
        places.setdefault(column, []).append(place)
    unnamed = places.pop("", [])
    if len(unnamed) == 1:
        yield f"column {unnamed[0]} has no name", "name it, or delete the column"
    elif unnamed:
        yield f"columns {_listed(unnamed)} have no name", "name each of them, or delete the columns"
    for column, where in places.items():
        if len(where) > 1:
            yield f"columns {_listed(where)} are all called {_quoted(column)}", "give each column a name of its own"
        if "\0" in column:
            yield f"the name of column {where[0]} holds a NUL byte", "is this a text file? export it again as CSV"


def check_names(name: str, columns: Iterable[str]) -> None:
    """Raise DataError for columns without a name or with a name that another one has, all at once."""
    problems = [Problem("columns", *problem) for problem in _name_problems(list(columns))]
    if problems:
        raise DataError(name, problems)


def _listed(places: list[int]) -> str:
    shown = [str(place) for place in places[:10]]
    if len(places) > 10:
        return ", ".join(shown) + f" and {len(places) - 10} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _quoted(text: str) -> str:
    return f'"{shorten(text)}"'


def _spoken(delimiter: str) -> str:
    return DELIMITERS.get(delimiter, f'"{shorten(delimiter)}"')
