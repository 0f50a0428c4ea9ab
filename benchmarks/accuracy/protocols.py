"""The data sets and the fixed protocol of each: which leads are learned from, and which are kept back and looked at once."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Leads:
    """The leads of a set as they stand in its file, in the file's order, with 1 for each that was won and 0 for others."""

    columns: tuple[str, ...]
    rows: list[list[str]]
    won: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[str]:
        """The cells of one column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Block:
    """Positions of the leads to learn from and of those to predict; in time order where the set has one."""

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class DataSet:
    """A data set with its protocol.

    `read` turns the texts of its files into leads, `split` says what is learned from and what is predicted. `pooled` sets
    are measured over all predicted leads together, the others block by block and averaged. `together` gives the number
    of the group that each lead belongs to, where leads must not be torn apart. `second_file` says by which column a
    file of outcomes is matched, and `calendar` names columns that one extra logistic regression goes without.
    """

    name: str
    title: str
    protocol: str
    files: tuple[str, ...]
    target: str
    read: Callable[..., Leads]
    split: Callable[[Leads], list[Block]]
    pooled: bool = True
    together: Callable[[Leads], np.ndarray] | None = None
    second_file: str = ""
    calendar: tuple[str, ...] = ()


def load_text(path: Path) -> str:
    """The text of a compressed file, line ends inside quotes as they are."""
    return gzip.decompress(path.read_bytes()).decode("utf-8-sig")


def read_rows(text: str, delimiter: str = ",") -> tuple[tuple[str, ...], list[list[str]]]:
    """The header and the rows of a CSV file.

    >>> read_rows('a;b\\r\\n1;"x\\ry"\\r\\n', ";")
    (('a', 'b'), [['1', 'x\\ry']])
    """
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return tuple(header), rows


def write_rows(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a CSV file that `read_rows` reads back as it was."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def newest(order: Sequence[float | str], share: float) -> list[Block]:
    """One block: the newest share of leads is predicted from all that came before; ties stay in the file's order.

    >>> block = newest([3, 1, 2, 1], 0.5)[0]
    >>> block.train.tolist(), block.test.tolist()
    ([1, 3], [2, 0])
    """
    ranked = np.argsort(np.array(order), kind="stable")
    kept = round(share * len(ranked))
    return [Block(ranked[:-kept], ranked[-kept:])]


def rolling(count: int, blocks: int = 5) -> list[Block]:
    """Blocks of a tenth of the file from its middle on, each predicted by everything before it (Tashman 2000).

    >>> [(len(block.train), len(block.test)) for block in rolling(100)]
    [(50, 10), (60, 10), (70, 10), (80, 10), (90, 10)]
    """
    edges = [round(count * (10 - blocks + step) / 10) for step in range(blocks + 1)]
    return [Block(np.arange(begin), np.arange(begin, end)) for begin, end in itertools.pairwise(edges)]


def folds_of_groups(won: np.ndarray, groups: np.ndarray, folds: int = 5) -> list[Block]:
    """Stratified folds (seed 0), each predicted by the others; leads of one group are all in one fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    return [Block(train, test) for train, test in splitter.split(np.zeros(len(won)), won, groups)]


def look_alikes(leads: Leads, target: str) -> np.ndarray:
    """A group number a lead: leads that are the same in every column but the outcome have the same."""
    place = leads.columns.index(target)
    numbers: dict[tuple[str, ...], int] = {}
    seen = [tuple(row[:place] + row[place + 1 :]) for row in leads.rows]
    return np.array([numbers.setdefault(row, len(numbers)) for row in seen])


def _plain(target: str, positive: str, text: str, delimiter: str = ",") -> Leads:
    columns, rows = read_rows(text, delimiter)
    place = columns.index(target)
    return Leads(columns, rows, np.array([int(row[place] == positive) for row in rows]))


def _olist(leads: str, deals: str) -> Leads:
    columns, rows = read_rows(leads)
    deal_columns, deal_rows = read_rows(deals)
    won = {row[deal_columns.index("mql_id")] for row in deal_rows}
    day, key = columns.index("first_contact_date"), columns.index("mql_id")
    rows = [row for row in rows if row[day].startswith("2018")]
    return Leads(columns, rows, np.array([int(row[key] in won) for row in rows]))


_COIL_TWINS = partial(look_alikes, target="CARAVAN")

SETS = (
    DataSet(
        "x_education",
        "X Education leads",
        "The newest 30% by `Lead Number` are predicted by the oldest 70%.",
        ("x_education_leads.csv.gz",),
        "Converted",
        partial(_plain, "Converted", "1"),
        lambda leads: newest([int(number) for number in leads.column("Lead Number")], 0.3),
    ),
    DataSet(
        "bank",
        "UCI bank marketing",
        "In the file's order, which is by date: five blocks of 10% from the middle on, each predicted by everything "
        "before it; figures are means over the blocks, CPU seconds the sum.",
        ("bank-additional-full.csv.gz",),
        "y",
        partial(_plain, "y", "yes", delimiter=";"),
        lambda leads: rolling(len(leads)),
        pooled=False,
        calendar=("emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"),
    ),
    DataSet(
        "coil2000",
        "CoIL Challenge 2000, training part",
        "Stratified five folds, each predicted by the other four, leads that look the same in one fold; figures are over "
        "all leads together, CPU seconds the sum.",
        ("coil2000_train.csv.gz",),
        "CARAVAN",
        partial(_plain, "CARAVAN", "1"),
        lambda leads: folds_of_groups(leads.won, _COIL_TWINS(leads)),
        together=_COIL_TWINS,
    ),
    DataSet(
        "olist",
        "Olist marketing funnel, leads of 2018",
        "The newest 30% by `first_contact_date` are predicted by the oldest 70%.",
        ("olist_marketing_qualified_leads_dataset.csv.gz", "olist_closed_deals_dataset.csv.gz"),
        "",
        _olist,
        lambda leads: newest(leads.column("first_contact_date"), 0.3),
        second_file="mql_id",
    ),
    DataSet(
        "raop",
        "Random Acts of Pizza",
        "The newest 30% by the time of the request are predicted by the oldest 70%.",
        ("raop_requests.csv.gz",),
        "requester_received_pizza",
        lambda text: _plain("requester_received_pizza", "true", text),
        lambda leads: newest([float(at) for at in leads.column("unix_timestamp_of_request_utc")], 0.3),
    ),
)
