"""Edit times held against the time of the outcome."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from leadloop.learning.leakage import Finding, audit_fields

LEADS = 1_500
START = datetime(2024, 1, 1)


class File:
    """Leads of which 40% are changed again some days after they ended; `ended` says when that was."""

    def __init__(self, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.won = self.random.random(LEADS) < 0.3
        self.came = np.arange(LEADS) * 3_600.0
        self.ended = self.came + 86_400 * self.random.uniform(5, 20, LEADS)
        self.late = self.random.random(LEADS) < 0.4
        self.columns = {
            "created": times(self.came),
            "size": pl.Series(self.random.normal(size=LEADS)),
            "visits": keep(self.random.poisson(3, LEADS), self.random.random(LEADS) < 0.7),
        }
        self.kinds = {"created": "time", "size": "number", "visits": "number"}
        self.modified = self.ended + 86_400 * np.where(self.late, 3.0, -2.0)

    def add(self, name: str, kind: str, values: object) -> None:
        self.columns[name], self.kinds[name] = pl.Series(name, values), kind

    def audit(self, *, with_ends: bool = True) -> dict[str, Finding]:
        findings = audit_fields(
            pl.DataFrame(self.columns),
            self.won.astype(int),
            kinds=self.kinds,
            order=self.came,
            outcome_at=times(self.ended) if with_ends else None,
        )
        return {it.field: it for it in findings if it.kind == "changed_after_outcome"}


def times(seconds: np.ndarray) -> pl.Series:
    return pl.Series([START + timedelta(seconds=float(second)) for second in seconds])


def keep(values: object, filled: np.ndarray) -> pl.Series:
    """The values where filled, missing elsewhere."""
    return pl.select(pl.when(pl.Series(filled)).then(pl.Series(values))).to_series()


@pytest.fixture
def file() -> File:
    return File()


def only_late(file: File, share: float = 0.8) -> np.ndarray:
    return file.late & (file.random.random(LEADS) < share)


@pytest.mark.parametrize("name", ["Last Modified Date", "zuletzt"])
def test_a_field_filled_only_in_leads_changed_after_the_outcome_is_refused(file: File, name: str):
    file.add(name, "time", times(file.modified))
    file.add("region", "category", keep(["north"] * LEADS, only_late(file)))
    found = file.audit()
    assert set(found) == {"region"}
    assert found["region"].severity == "blocks"
    assert (
        f"100% of the {found['region'].statistics['changed_rows']:.0f} leads that have it" in found["region"].evidence
    )
    assert f"“{name}”" in found["region"].evidence


def test_a_value_found_only_in_leads_changed_after_the_outcome_is_refused(file: File):
    file.add("Last Modified Date", "time", times(file.modified))
    file.add("region", "category", np.where(only_late(file), "north", file.random.choice(["east", "west"], LEADS)))
    found = file.audit()
    assert set(found) == {"region"}
    assert "“north”" in found["region"].evidence.replace('"north"', "“north”")


def test_without_times_of_the_outcome_nothing_is_said(file: File):
    file.add("Last Modified Date", "time", times(file.modified))
    file.add("region", "category", keep(["north"] * LEADS, only_late(file)))
    assert file.audit(with_ends=False) == {}


def test_where_every_lead_was_changed_later_nothing_can_be_told(file: File):
    file.add("Last Modified Date", "time", times(file.ended + 86_400))
    file.add("region", "category", keep(["north"] * LEADS, only_late(file)))
    assert file.audit() == {}


def test_a_field_that_is_only_commoner_in_changed_leads_is_left_alone(file: File):
    file.add("Last Modified Date", "time", times(file.modified))
    share = np.where(file.late, 0.8, 0.4)
    file.add("region", "category", keep(["north"] * LEADS, file.random.random(LEADS) < share))
    assert file.audit() == {}


@pytest.mark.parametrize(("share", "severity"), [(0.4, "blocks"), (0.08, "warns"), (0.0, None)])
def test_a_field_with_an_edit_time_of_its_own_is_judged_by_how_often_it_was_edited_later(
    file: File, share: float, severity: str | None
):
    edited = file.random.random(LEADS) < share
    file.add("budget", "number", file.random.normal(size=LEADS))
    file.add("Budget updated at", "time", times(file.ended + 86_400 * np.where(edited, 2.0, -4.0)))
    found = file.audit()
    assert {name: it.severity for name, it in found.items()} == ({"budget": severity} if severity else {})
    if severity:
        assert found["budget"].statistics["changed_share"] == pytest.approx(edited.mean())


def test_leads_that_have_not_ended_are_not_compared(file: File):
    file.add("Last Modified Date", "time", times(file.modified))
    file.add("region", "category", keep(["north"] * LEADS, only_late(file)))
    open_too = pl.select(pl.when(pl.Series(np.arange(LEADS) % 2 == 0)).then(times(file.ended))).to_series()
    findings = audit_fields(
        pl.DataFrame(file.columns), file.won.astype(int), kinds=file.kinds, order=file.came, outcome_at=open_too
    )
    [found] = [it for it in findings if it.kind == "changed_after_outcome"]
    assert found.statistics["changed_rows"] < 0.6 * only_late(File()).sum()
