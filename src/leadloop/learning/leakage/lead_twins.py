"""Twins across the split: leads to be predicted whose double, person or account the model has already seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.features.contact import domain_kind, split_host
from leadloop.features.mail_domains import DISPOSABLE, FREE_MAIL
from leadloop.learning.leakage.finding import Finding
from leadloop.learning.leakage.levels import as_text, filled_rows
from leadloop.learning.leakage.limits import Limits
from leadloop.learning.leakage.names import name_words
from leadloop.learning.leakage.wording import percent

_FEWEST = 20
_SURE = 3.0
_MOST_A_KEY = 50
_COLUMNS_LEFT_OUT = 16
_ACCOUNTS = ("company", "account", "organisation", "organization", "employer", "firm")


@dataclass(frozen=True, slots=True)
class SplitTwins:
    """How many test leads have a twin in training, and how alike twins end.

    `share` is of all test leads, `alike` how often such a lead ended as its twins did (where they differ, in the mean),
    `by_chance` what two unrelated leads of these would reach. `kappa` is the agreement beyond chance (0 to 1, Cohen 1960),
    `z` how many standard errors it is from none, counted by groups of twins.
    """

    leads: int
    share: float
    alike: float
    by_chance: float
    kappa: float
    z: float


NO_TWINS = SplitTwins(0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Key:
    """Something by which leads may be twins: `codes` one a lead (-1 = none), and what having it in common is called."""

    field: str
    codes: np.ndarray
    says: str
    account: bool
    cure: str


def audit_split(
    frame: pl.DataFrame,
    positive: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    *,
    kinds: Mapping[str, str],
    seen: Sequence[str],
    grouped_by: str = "",
    limits: Limits | None = None,
) -> tuple[Finding, ...]:
    """Find leads that stand on both sides of the split under two guises, so that the test would reward remembering them.

    `frame` has one typed column a field and one row a lead, `positive` 1 for won leads; `train` and `test` are positions in
    both. `kinds` says what each column holds that may identify a person or account; leave out what is unique by its nature
    (the lead's own number). `seen` are the columns that a model reads: leads equal in all of them are one lead entered
    twice. `grouped_by` is the column by which the split already keeps leads together.

    Twins count only if they also end alike far beyond chance. For rows that are equal in everything chance is what rows
    reach that differ in one column only: in a file of a few questions many honest leads answer alike, and end alike as far
    as the answers tell. At most one finding of kind "twins" a field; with few test leads (under 20 with a twin) none.

    >>> mail = [f"p{n % 300}@firm{n % 300}.example" for n in range(600)]
    >>> won = np.arange(600) % 300 % 3 == 0
    >>> leads = pl.DataFrame({"Email": mail, "visits": np.random.default_rng(0).random(600)})
    >>> halves = np.arange(300), np.arange(300, 600)
    >>> [found] = audit_split(leads, won, *halves, kinds={"Email": "email"}, seen=["visits"])
    >>> print(found.severity, found.field, found.evidence, sep=" | ")  # doctest: +ELLIPSIS
    blocks | Email | 300 of 300 test leads (100%) have the same e-mail address as a lead that the model learns from; 100% ...
    """
    limits = limits or Limits()
    positive = np.asarray(positive).astype(float)
    found: dict[str, Finding] = {}
    for key in _keys(frame, kinds, len(train)):
        if key.field != grouped_by:
            twins = measure_twins(key.codes[train], key.codes[test], positive[train], positive[test])
            finding = _judge(key, twins, NO_TWINS, limits)
            if finding is not None and (key.field not in found or found[key.field].severity == "warns"):
                found[key.field] = finding
    usable = [field for field in seen if field in frame.columns]
    if usable and not any(finding.statistics["account"] == 0 for finding in found.values()):
        finding = _same_rows(frame, usable, positive, train, test, limits)
        if finding is not None:
            found.setdefault(finding.field, finding)
    return tuple(sorted(found.values(), key=lambda it: it.severity != "blocks"))


def measure_twins(
    train_codes: np.ndarray, test_codes: np.ndarray, train_won: np.ndarray, test_won: np.ndarray
) -> SplitTwins:
    """How the test leads ended that share a code with training leads, against how those ended; code -1 is nobody's twin.

    >>> codes, won = np.arange(40), np.arange(40) % 2
    >>> twins = measure_twins(codes, codes, won, won)
    >>> twins.leads, twins.share, twins.alike, twins.by_chance
    (40, 1.0, 1.0, 0.5)
    """
    known = train_codes >= 0
    codes, place = np.unique(train_codes[known], return_inverse=True)
    if not len(codes) or not len(test_codes):
        return NO_TWINS
    rate = np.bincount(place, weights=train_won[known]) / np.bincount(place)
    at = np.minimum(np.searchsorted(codes, test_codes), len(codes) - 1)
    twin = (codes[at] == test_codes) & (test_codes >= 0)
    count = int(twin.sum())
    if count < 2:
        return NO_TWINS
    ours, theirs, group = test_won[twin], rate[at[twin]], at[twin]
    alike = float((ours * theirs + (1 - ours) * (1 - theirs)).mean())
    won, expected = float(ours.mean()), float(theirs.mean())
    by_chance = won * expected + (1 - won) * (1 - expected)
    # Test leads of one group are no independent witnesses: unequal groups count as so many equal ones (Kish 1965).
    sizes = np.unique(group, return_counts=True)[1].astype(float)
    witnesses = float(sizes.sum() ** 2 / (sizes**2).sum())
    error = math.sqrt(by_chance * (1 - by_chance) / witnesses)
    z = (alike - by_chance) / error if error > 0 else 0.0
    kappa = (alike - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0
    return SplitTwins(count, count / len(test_codes), alike, by_chance, kappa, z)


def _judge(key: _Key, twins: SplitTwins, near: SplitTwins, limits: Limits) -> Finding | None:
    if twins.leads < _FEWEST or twins.share < limits.twins_warn or twins.z < _SURE:
        return None
    if twins.kappa - near.kappa < limits.twins_kappa:
        return None
    enough = twins.share >= (limits.accounts_block if key.account else limits.twins_block)
    total = round(twins.leads / twins.share)
    said = (
        f"{twins.leads:,} of {total:,} test leads ({percent(twins.share)}) {key.says} as a lead that the model learns from; "
        f"{percent(twins.alike)} of them ended as that lead did, by chance {percent(twins.by_chance)} would"
    )
    if near.leads >= _FEWEST:
        said += f" (leads that differ in one field: {percent(near.alike)}, by chance {percent(near.by_chance)})"
    return Finding(
        key.field,
        "twins",
        "blocks" if enough else "warns",
        f"{said}: the test would reward remembering leads, not judging new ones",
        {
            "twins": float(twins.leads),
            "twin_share": twins.share,
            "alike": twins.alike,
            "alike_by_chance": twins.by_chance,
            "kappa": twins.kappa,
            "kappa_of_near": near.kappa,
            "account": float(key.account),
        },
        cure=key.cure,
    )


def _keys(frame: pl.DataFrame, kinds: Mapping[str, str], train: int) -> Iterator[_Key]:
    """What may name a person or an account, most telling first; values that very many leads share name neither."""
    most = max(_MOST_A_KEY, train // 200)
    for field, kind in kinds.items():
        if field not in frame.columns or kind not in ("email", "phone", "id", "category", "text"):
            continue
        cells = as_text(frame[field]).str.strip_chars().str.to_lowercase()
        cure = f'set group_by = "{field}"'
        words = name_words(field)
        if kind == "email":
            address = cells.set(~cells.str.contains("@").fill_null(False), None)
            yield _Key(field, _codes(address, most), "have the same e-mail address", False, cure)
            domain = address.str.extract(r"@([^@\s>]+)", 1)
            shared = [name for name in domain.unique().drop_nulls() if _is_shared(name)]
            domain = domain.set(domain.is_in(shared).fill_null(False), None)
            cure = "add a column with the company (the domain of the address) and set group_by to it"
            yield _Key(field, _codes(domain, most), "come from the same company, by the mail domain,", True, cure)
        elif kind == "phone":
            digits = cells.str.replace_all(r"\D", "")
            digits = digits.set((digits.str.len_chars() < 7).fill_null(False), None)
            yield _Key(field, _codes(digits, most), "have the same phone number", False, cure)
        elif kind == "id":
            yield _Key(field, _codes(cells, most), f"have the same “{field}”", False, cure)
        elif words and (words[-1] in _ACCOUNTS or (words[-1] in ("name", "id") and set(words[:-1]) & {*_ACCOUNTS})):
            yield _Key(field, _codes(cells, most), f"have the same “{field}”", True, cure)


def _is_shared(domain: str) -> bool:
    """Whether a mail domain is a provider's rather than a company's, or none at all."""
    labels = split_host(domain)
    return not labels or domain_kind(labels, FREE_MAIL, DISPOSABLE) in ("free mail", "disposable")


def _codes(cells: pl.Series, most: int) -> np.ndarray:
    """A number for each value, -1 where there is none or where more leads than `most` hold it."""
    codes = cells.set((cells == "").fill_null(False), None).rank("dense").fill_null(0).to_numpy().astype(np.int64) - 1
    sizes = np.bincount(codes + 1)
    return np.where(sizes[codes + 1] > most, -1, codes)


def _same_rows(
    frame: pl.DataFrame,
    seen: Sequence[str],
    positive: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    limits: Limits,
) -> Finding | None:
    """The finding on leads that are equal in everything a model sees, if there is one."""
    hashes = {field: _hashed(frame[field], place) for place, field in enumerate(seen)}
    whole = np.zeros(frame.height, dtype=np.uint64)
    for column in hashes.values():
        whole += column  # unsigned sums wrap round, which is what makes a column easy to take out again
    train_codes, test_codes = _shared_codes(whole[train], whole[test])
    twins = measure_twins(train_codes, test_codes, positive[train], positive[test])
    if twins.leads < _FEWEST or twins.share < limits.twins_warn:
        return None
    rest = ~np.isin(whole[test], whole[train])
    near = _near_twins(hashes, whole, positive, train, test[rest])
    field, cure = _most_telling(frame, seen, train_codes, train)
    key = _Key(field, whole, f"are the same in all {len(seen)} fields that a model sees", False, cure)
    return _judge(key, twins, near if near.leads >= _FEWEST else NO_TWINS, limits)


def _near_twins(
    hashes: Mapping[str, np.ndarray], whole: np.ndarray, positive: np.ndarray, train: np.ndarray, test: np.ndarray
) -> SplitTwins:
    """The same of test leads without a twin, and training leads that differ from them in exactly one field."""
    names = list(hashes)
    left_out = names[:: -(-len(names) // _COLUMNS_LEFT_OUT)]
    ours: list[np.ndarray] = []
    theirs: list[np.ndarray] = []
    won: list[np.ndarray] = []
    their_won: list[np.ndarray] = []
    for place, name in enumerate(left_out if len(names) > 1 else []):
        but_one = whole - hashes[name]
        train_codes, test_codes = _shared_codes(but_one[train], but_one[test])
        for codes, side, outcomes, members in (
            (train_codes, theirs, their_won, train),
            (test_codes, ours, won, test),
        ):
            side.append(np.where(codes >= 0, codes * len(left_out) + place, -1))
            outcomes.append(positive[members])
    if not ours:
        return NO_TWINS
    return measure_twins(np.concatenate(theirs), np.concatenate(ours), np.concatenate(their_won), np.concatenate(won))


def _hashed(values: pl.Series, place: int) -> np.ndarray:
    cells = values if not isinstance(values.dtype, pl.Struct) else as_text(values)
    return cells.hash(seed=place).to_numpy().astype(np.uint64)


def _shared_codes(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Small numbers for the hashes that both sides have, -1 for the others."""
    shared = np.intersect1d(train, test)
    coded = []
    for side in (train, test):
        at = np.minimum(np.searchsorted(shared, side), max(len(shared) - 1, 0))
        coded.append(np.where(shared[at] == side, at, -1) if len(shared) else np.full(len(side), -1))
    return coded[0], coded[1]


def _most_telling(frame: pl.DataFrame, seen: Sequence[str], codes: np.ndarray, train: np.ndarray) -> tuple[str, str]:
    """The field that names the twins best, and what to do: to group by it where it is nearly a name for the lead."""
    twins = frame.select(seen)[train[codes >= 0]]
    groups = len(np.unique(codes[codes >= 0]))
    by_values = sorted(
        ((int(twins[field].n_unique()) * float(filled_rows(twins[field]).mean()), field) for field in seen),
        key=lambda it: -it[0],
    )
    values, field = by_values[0]
    if values >= 0.9 * groups:
        return field, f'set group_by = "{field}", or leave the repeated rows out of the file'
    return field, "leave the repeated rows out of the file"
