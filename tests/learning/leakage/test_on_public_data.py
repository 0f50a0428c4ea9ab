"""The audit on public files of real leads whose leaks are known; skipped where LEADLOOP_DATA does not lead to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.public_data import public_file

from leadloop.learning.leakage import Finding, audit_fields

CPU_SECONDS = 5.0


@dataclass(frozen=True)
class Leads:
    """A public file: its fields, what they hold, who was won, the order in time, and which fields are known to leak."""

    frame: pl.DataFrame
    kinds: dict[str, str]
    won: np.ndarray
    order: np.ndarray | None
    leaks: frozenset[str]


def read(name: str, separator: str = ",") -> pl.DataFrame:
    frame = pl.read_csv(public_file(name), separator=separator, infer_schema_length=None, try_parse_dates=True)
    blank = pl.col(pl.String).str.strip_chars()
    return frame.with_columns(pl.when(~blank.is_in(["", "Select", "N/A"])).then(pl.col(pl.String)))


def kinds_of(frame: pl.DataFrame, **known: str) -> dict[str, str]:
    kinds = {}
    for name, dtype in frame.schema.items():
        if dtype == pl.Boolean:
            kinds[name] = "boolean"
        elif dtype.is_temporal():
            kinds[name] = "time"
        elif dtype.is_numeric():
            kinds[name] = "number"
        else:
            kinds[name] = "category"
    return kinds | known


@cache
def x_education() -> Leads:
    frame = read("x_education_leads.csv.gz")
    won, order = frame["Converted"].to_numpy(), frame["Lead Number"].to_numpy()
    frame = frame.drop("Converted", "Lead Number")
    vendor = {f"Asymmetrique {what} {form}" for what in ("Activity", "Profile") for form in ("Index", "Score")}
    staff = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}
    return Leads(frame, kinds_of(frame, **{"Prospect ID": "id"}), won, order, frozenset(vendor | staff))


@cache
def bank() -> Leads:
    frame = read("bank-additional-full.csv.gz", ";")
    won = (frame["y"] == "yes").to_numpy()
    frame = frame.drop("y")
    return Leads(frame, kinds_of(frame), won, np.arange(len(won)), frozenset({"duration"}))


@cache
def olist() -> Leads:
    leads = read("olist_marketing_qualified_leads_dataset.csv.gz")
    deals = read("olist_closed_deals_dataset.csv.gz")
    frame = leads.join(deals.with_columns(won=1), on="mql_id", how="left", maintain_order="left")
    won = frame["won"].fill_null(0).to_numpy()
    frame = frame.drop("won")
    ids = dict.fromkeys(("mql_id", "seller_id", "sdr_id", "sr_id"), "id")
    order = frame["first_contact_date"].to_numpy()
    return Leads(frame, kinds_of(frame, **ids), won, order, frozenset(deals.columns) - {"mql_id"})


@cache
def raop() -> Leads:
    frame = read("raop_requests.csv.gz")
    won = frame["requester_received_pizza"].to_numpy()
    order = frame["unix_timestamp_of_request_utc"].to_numpy()
    stamps = ("unix_timestamp_of_request", "unix_timestamp_of_request_utc")
    frame = frame.drop("requester_received_pizza").with_columns(
        pl.from_epoch(pl.col(name).cast(pl.Int64)).alias(name) for name in stamps
    )
    texts = dict.fromkeys(("request_text", "request_text_edit_aware", "request_title"), "text")
    ids = dict.fromkeys(("request_id", "requester_username"), "id")
    leaks = {"requester_user_flair", "giver_username_if_known", "request_text", "post_was_edited"}
    leaks |= {name for name in frame.columns if name.endswith("_at_retrieval")}
    return Leads(frame, kinds_of(frame, **texts, **ids), won, order, frozenset(leaks))


@cache
def coil() -> Leads:
    frame = read("coil2000_train.csv.gz")
    won = frame["CARAVAN"].to_numpy()
    frame = frame.drop("CARAVAN")
    return Leads(frame, kinds_of(frame), won, None, frozenset())


def hillstrom(target: str, others: tuple[str, str]) -> Callable[[], Leads]:
    @cache
    def load() -> Leads:
        frame = read("hillstrom_email_experiment.csv.gz")
        won = frame[target].to_numpy()
        frame = frame.drop(target)
        return Leads(frame, kinds_of(frame), won, None, frozenset(others))

    load.__name__ = f"hillstrom_{target}"
    return load


FILES = (
    x_education,
    bank,
    olist,
    raop,
    coil,
    hillstrom("visit", ("conversion", "spend")),
    hillstrom("conversion", ("visit", "spend")),
)


@pytest.fixture(scope="module", params=FILES, ids=lambda load: load.__name__)
def audited(request: pytest.FixtureRequest) -> tuple[Leads, tuple[Finding, ...], float]:
    leads = request.param()
    start = time.process_time()
    findings = audit_fields(leads.frame, leads.won.astype(int), kinds=leads.kinds, order=leads.order)
    return leads, findings, time.process_time() - start


def blocked(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.field for finding in findings if finding.severity == "blocks"}


def test_every_known_leak_is_refused(audited: tuple[Leads, tuple[Finding, ...], float]) -> None:
    leads, findings, _ = audited
    assert leads.leaks - blocked(findings) == set()


def test_no_honest_field_is_refused_or_suspected(audited: tuple[Leads, tuple[Finding, ...], float]) -> None:
    leads, findings, _ = audited
    suspected = {finding.field for finding in findings if finding.kind != "acts_as_calendar"}
    assert suspected - leads.leaks == set()


def test_a_public_file_is_audited_in_seconds(audited: tuple[Leads, tuple[Finding, ...], float]) -> None:
    assert audited[2] < CPU_SECONDS


def test_an_index_of_the_economy_is_a_calendar_and_no_leak() -> None:
    leads = bank()
    findings = audit_fields(leads.frame, leads.won.astype(int), kinds=leads.kinds, order=leads.order)
    calendars = {finding.field for finding in findings if finding.kind == "acts_as_calendar"}
    assert calendars == {"emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"}


@pytest.mark.parametrize(
    ("load", "at_least"),
    [
        pytest.param(x_education, {"Tags"}, id="x_education"),
        pytest.param(bank, {"duration"}, id="bank"),
        pytest.param(olist, {"seller_id", "won_date", "business_segment", "has_company", "average_stock"}, id="olist"),
        pytest.param(raop, {"giver_username_if_known", "requester_user_flair", "request_text"}, id="raop"),
        pytest.param(coil, set(), id="coil"),
    ],
)
def test_without_telling_names_the_data_alone_still_gives_the_loudest_away(
    load: Callable[[], Leads], at_least: set[str]
) -> None:
    leads = load()
    hidden = {name: f"f{index}" for index, name in enumerate(leads.kinds)}
    shown = {alias: name for name, alias in hidden.items()}
    findings = audit_fields(
        leads.frame.select(list(leads.kinds)).rename(hidden),
        leads.won.astype(int),
        kinds={hidden[name]: kind for name, kind in leads.kinds.items()},
        order=leads.order,
    )
    found = {shown[finding.field] for finding in findings if finding.kind != "acts_as_calendar"}
    assert at_least <= found <= leads.leaks


@pytest.mark.parametrize("share", [0.5, 0.25])
@pytest.mark.parametrize("load", [x_education, bank, coil], ids=lambda load: load.__name__)
def test_a_part_of_a_file_gives_the_same_answer(load: Callable[[], Leads], share: float) -> None:
    leads = load()
    part = np.sort(np.random.default_rng(0).choice(len(leads.won), int(share * len(leads.won)), replace=False))
    order = None if leads.order is None else leads.order[part]
    findings = audit_fields(leads.frame[part], leads.won[part].astype(int), kinds=leads.kinds, order=order)
    assert {it.field for it in findings if it.kind != "acts_as_calendar"} == leads.leaks == blocked(findings)
