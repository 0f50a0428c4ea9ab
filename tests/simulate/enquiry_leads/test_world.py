"""The synthetic world: the same seed gives the same leads, and what is said about the truth is true."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from leadloop.leads import Field, LeadSchema
from leadloop.learning.evaluation import area_under_curve, calibration_error
from leadloop.simulate import (
    LATER_COLUMNS,
    SYNTHETIC_NOTE,
    SimulatedLeads,
    simulate_batches,
    simulate_leads,
)

START = datetime(2024, 1, 1, tzinfo=UTC)
FREE_MAIL = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "gmx.de", "proton.me")
PLACEHOLDERS = ("Select", "N/A", "Unknown")
TYPES = {
    "Lead ID": "id",
    "Created Date": "time",
    "Record Type": "category",
    "Owner": "category",
    "Lead Source": "category",
    "Form": "category",
    "How Did You Hear About Us": "category",
    "Company": "category",
    "Website": "url",
    "Industry": "category",
    "Country": "category",
    "Number of Employees": "employees",
    "Annual Revenue": "money",
    "Job Title": "category",
    "Email": "email",
    "Phone": "phone",
    "Email Opt Out": "boolean",
    "Pages Visited": "number",
    "Minutes on Site": "number",
    "Message": "text",
    "Lead Status": "category",
    "Last Activity": "category",
    "Converted": "boolean",
}


@pytest.fixture(scope="module")
def leads() -> SimulatedLeads:
    return simulate_leads(40_000, seed=7, start=START)


def chance_where(leads: SimulatedLeads, condition: pl.Expr) -> float:
    """The mean true probability of the leads that meet a condition (at least 100 of them)."""
    rows = leads.cells.select(condition.fill_null(False)).to_series().to_numpy()
    assert rows.sum() >= 100
    return float(leads.probability[rows].mean())


def odds(chance: float) -> float:
    return chance / (1 - chance)


def rank_by_rate(leads: SimulatedLeads, column: str) -> float:
    """The area under the curve of one column alone, each value standing for its own share of won leads."""
    cells = leads.cells.with_columns(pl.col(column).fill_null("(blank)"), won=pl.Series(leads.won).cast(pl.Float64))
    rates = cells.select(pl.col("won").mean().over(column)).to_series().to_numpy()
    return area_under_curve(leads.won.astype(int), rates)


# Determinism and streaming


def test_the_same_arguments_give_the_same_leads() -> None:
    once, again = (simulate_leads(2_500, seed=3, start=START) for _ in range(2))
    assert once.cells.equals(again.cells)
    assert np.array_equal(once.probability, again.probability)


def test_another_seed_gives_other_leads() -> None:
    one, other = (simulate_leads(500, seed=seed, start=START).cells for seed in (3, 4))
    assert not one["Company"].equals(other["Company"])
    assert not one["Created Date"].equals(other["Created Date"])


def test_a_later_start_gives_new_leads_and_not_the_old_ones_under_new_dates() -> None:
    one, other = (simulate_leads(500, seed=3, start=START + timedelta(days=days)).cells for days in (0, 7))
    same = (one["Company"] == other["Company"]).sum()
    assert same < 10
    assert not set(one["Lead ID"]) & set(other["Lead ID"])


def test_asking_for_more_leads_only_adds_to_them() -> None:
    few, many = (simulate_leads(count, seed=3, start=START) for count in (1_999, 4_001))
    assert few.cells.equals(many.cells[:1_999])
    assert np.array_equal(few.probability, many.probability[:1_999])


@pytest.mark.parametrize("batch", [700, 2_000, 3_333, 10_000])
def test_batches_joined_are_the_leads_made_at_once_whatever_their_size(batch: int) -> None:
    whole = simulate_leads(5_000, seed=3, start=START)
    parts = list(simulate_batches(5_000, batch, seed=3, start=START))
    assert [len(part) for part in parts[:-1]] == [batch] * (len(parts) - 1)
    assert pl.concat([part.cells for part in parts]).equals(whole.cells)
    assert np.array_equal(np.concatenate([part.probability for part in parts]), whole.probability)


def test_streaming_more_leads_needs_no_more_memory() -> None:
    def peak(total: int) -> int:
        tracemalloc.start()
        for _ in simulate_batches(total, 1_000, seed=3, start=START):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(2_000)  # The first run also fills caches.
    assert peak(20_000) < 1.5 * peak(4_000)


def test_the_shared_random_state_is_neither_read_nor_moved() -> None:
    np.random.seed(1)
    one = simulate_leads(100, seed=3, start=START)
    np.random.seed(2)
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    other = simulate_leads(100, seed=3, start=START)
    assert one.cells.equals(other.cells)
    assert np.array_equal(before, np.random.get_state(legacy=False)["state"]["key"])


@pytest.mark.parametrize(
    ("count", "seed", "rate", "reason"),
    [
        (0, 1, 50.0, "at least 1"),
        (10, -1, 50.0, "seed"),
        (10, 1, 0.0, "leads_per_day"),
        (10, 1, float("nan"), "leads_per_day"),
        (1_000_000, 1, 5.0, "100 years"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(count: int, seed: int, rate: float, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        simulate_leads(count, seed=seed, start=START, leads_per_day=rate)


def test_a_batch_of_nothing_is_refused_before_the_first_is_asked_for() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        simulate_batches(10, 0, seed=1, start=START)


# When leads come in


def test_leads_come_in_order_after_the_start_at_the_rate_asked_for(leads: SimulatedLeads) -> None:
    created = leads.cells["Created Date"].str.to_datetime(time_zone="UTC")
    assert created.is_sorted()
    assert created[0] >= START
    assert (created[-1] - START) / timedelta(days=1) == pytest.approx(40_000 / 50, abs=4)


def test_most_leads_come_in_office_hours(leads: SimulatedLeads) -> None:
    created = leads.cells["Created Date"].str.to_datetime(time_zone="UTC")
    assert created.dt.hour().is_between(8, 17).to_numpy().mean() > 0.65
    assert (created.dt.weekday() >= 6).to_numpy().mean() < 0.15


def test_a_start_in_another_zone_is_the_same_instant() -> None:
    here = simulate_leads(50, seed=3, start=datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    there = simulate_leads(50, seed=3, start=datetime(2024, 1, 1, 10, tzinfo=UTC))
    plain = simulate_leads(50, seed=3, start=datetime.fromisoformat("2024-01-01T10:00"))
    assert here.cells.equals(there.cells)
    assert plain.cells.equals(there.cells)


# The truth


def test_about_one_lead_in_eight_is_won(leads: SimulatedLeads) -> None:
    assert leads.won.mean() == pytest.approx(0.12, abs=0.02)
    assert leads.probability.min() > 0
    assert leads.probability.max() < 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_ranks_leads_well_and_not_perfectly(seed: int) -> None:
    leads = simulate_leads(20_000, seed=seed, start=START)
    assert 0.82 <= area_under_curve(leads.won.astype(int), leads.probability) <= 0.86


def test_outcomes_are_drawn_from_the_probabilities(leads: SimulatedLeads) -> None:
    won, probability = leads.won.astype(int), leads.probability
    assert calibration_error(won, probability) < 0.008
    for group in np.array_split(np.argsort(probability), 20):
        expected = probability[group].sum()
        spread = np.sqrt((probability[group] * (1 - probability[group])).sum())
        assert abs(won[group].sum() - expected) < 4 * spread


def test_the_base_rate_drifts_slowly() -> None:
    high, low = (
        simulate_leads(10_000, seed=3, start=start, leads_per_day=200).probability.mean()
        for start in (datetime(2020, 9, 1, tzinfo=UTC), datetime(2022, 4, 1, tzinfo=UTC))
    )
    assert high - low > 0.02
    year = simulate_leads(36_500, seed=3, start=datetime(2020, 9, 1, tzinfo=UTC), leads_per_day=100).probability
    months = [month.mean() for month in np.array_split(year, 12)]
    assert max(abs(now - before) for before, now in pairwise(months)) < 0.015


def test_a_missing_answer_means_something(leads: SimulatedLeads) -> None:
    for column in ("Number of Employees", "Phone", "Job Title"):
        blank = pl.col(column).is_null() | pl.col(column).is_in(PLACEHOLDERS)
        assert chance_where(leads, blank) < 0.75 * chance_where(leads, ~blank), column


def test_a_business_address_is_worth_more_than_free_mail(leads: SimulatedLeads) -> None:
    free = pl.col("Email").str.split("@").list.last().is_in(FREE_MAIL)
    assert chance_where(leads, free) < 0.7 * chance_where(leads, ~free)


def test_middling_companies_are_won_more_often_than_small_or_large_ones(leads: SimulatedLeads) -> None:
    small, middling, large = (
        chance_where(leads, pl.col("Number of Employees") == band) for band in ("2-10", "201-500", "5,001-10,000")
    )
    assert small < 0.8 * middling
    assert large < 0.8 * middling


def test_paid_search_suits_small_companies_and_referrals_large_ones(leads: SimulatedLeads) -> None:
    size, source = pl.col("Number of Employees"), pl.col("Lead Source")
    large = size.is_in(["501-1,000", "1,001-5,000", "5,001-10,000", "10,001+"])
    small = size.is_in(["1", "2-10", "11-50"])
    ratio = {
        name: odds(chance_where(leads, (source == "Referral") & who))
        / odds(chance_where(leads, (source == "Paid Search") & who))
        for name, who in (("large", large), ("small", small))
    }
    # Were there no interaction, referrals would beat paid search by the same factor in both.
    assert ratio["large"] > 2 * ratio["small"]


def test_the_message_tells_buyers_from_the_rest(leads: SimulatedLeads) -> None:
    says = pl.col("Message").str.to_lowercase().str.contains
    ordinary = chance_where(leads, pl.col("Message").is_not_null())
    assert chance_where(leads, says("budget is approved|budget set aside|funding has been signed")) > 1.6 * ordinary
    assert chance_where(leads, says("no budget for this|budget has not been")) < 0.8 * ordinary
    assert chance_where(leads, says("thesis|i am a student|university project|seminar paper")) < 0.2 * ordinary
    assert chance_where(leads, says("my cv|open positions|internships|looking for a job")) < 0.2 * ordinary
    # The word alone misleads: a student's deadline is urgent too.
    assert chance_where(leads, says("so it is urgent")) < 0.2 * chance_where(leads, says("as soon as possible"))


def test_messages_say_the_same_in_many_ways(leads: SimulatedLeads) -> None:
    messages = leads.cells["Message"].drop_nulls()
    assert messages.n_unique() > 0.9 * len(messages)
    assert messages.str.contains("\n").any()
    assert (messages.str.len_chars() < 600).all()


def test_no_slot_of_a_phrase_stays_open(leads: SimulatedLeads) -> None:
    assert not leads.cells["Message"].drop_nulls().str.contains(r"[{}]").any()


def test_many_sources_are_rare(leads: SimulatedLeads) -> None:
    counts = leads.cells["Lead Source"].drop_nulls().str.strip_chars().str.to_lowercase().value_counts()["count"]
    assert (counts > 1_000).sum() >= 8
    assert (counts < 200).sum() >= 15


# What the CRM adds later, and what it leaves out


@pytest.mark.parametrize("column", ["Lead Status", "Last Activity"])
def test_a_column_filled_in_later_gives_the_outcome_away(leads: SimulatedLeads, column: str) -> None:
    assert rank_by_rate(leads, column) > 0.92


@pytest.mark.parametrize("column", ["Lead Source", "Form", "Owner", "Industry", "Country", "Email Opt Out"])
def test_no_column_known_at_intake_gives_the_outcome_away(leads: SimulatedLeads, column: str) -> None:
    assert rank_by_rate(leads, column) < 0.75


def test_the_owner_is_noise(leads: SimulatedLeads) -> None:
    # Owners follow territories, and so the countries' small differences.
    assert rank_by_rate(leads, "Owner") < 0.54


def test_leads_at_intake_show_nothing_of_the_outcome(leads: SimulatedLeads) -> None:
    assert set(leads.cells.columns) - set(leads.at_intake.columns) == set(LATER_COLUMNS)
    assert leads.at_intake.height == len(leads)


def test_placeholders_stand_where_nothing_was_chosen(leads: SimulatedLeads) -> None:
    cells = leads.cells
    assert (cells["How Did You Hear About Us"] == "Select").to_numpy().mean() > 0.5
    assert (cells["Industry"] == "Select").sum() > 100
    assert (cells["Number of Employees"] == "N/A").sum() > 100
    assert (cells["Country"] == "Unknown").sum() > 100
    assert cells["Record Type"].n_unique() == 1


def test_company_sizes_are_written_as_people_write_them(leads: SimulatedLeads) -> None:
    sizes = leads.cells["Number of Employees"].drop_nulls()
    for way in (r"^51-200$", r"^\d,\d{3}$", r"^\d{2,3}$", r"^~\d+$", r"^10,001\+$"):
        assert sizes.str.contains(way).any(), way


def test_every_cell_reads_as_what_its_column_should_hold(leads: SimulatedLeads) -> None:
    fields = tuple(
        Field(name, kind, "intake", missing=PLACEHOLDERS)  # type: ignore[arg-type]
        for name, kind in TYPES.items()
    )
    assert list(TYPES) == leads.cells.columns
    reading = LeadSchema(fields).read(leads.cells)
    assert reading.rejects == ()
    assert len(reading.leads) == len(leads)


def test_the_export_survives_a_csv_file(leads: SimulatedLeads) -> None:
    file = io.BytesIO()
    leads.cells.write_csv(file)
    file.seek(0)
    assert pl.read_csv(file, infer_schema=False).equals(leads.cells)


# Nothing real


def test_lead_numbers_are_unique_and_say_synthetic(leads: SimulatedLeads) -> None:
    assert leads.cells["Lead ID"].n_unique() == len(leads)
    assert leads.cells["Lead ID"].str.starts_with("SYN-").all()
    assert leads.cells["Company"].drop_nulls().str.starts_with("Synthetic ").all()
    assert "ynthetic" in SYNTHETIC_NOTE


def test_no_address_could_be_anybodys(leads: SimulatedLeads) -> None:
    emails = leads.cells["Email"].drop_nulls()
    reserved = emails.str.ends_with(".example")
    free = emails.filter(~reserved)
    assert free.str.contains(r"^synthetic\.lead\.\d{6}-\d{6}@").all()
    assert set(free.str.split("@").list.last()) == set(FREE_MAIL)
    assert leads.cells["Website"].drop_nulls().str.contains(r"^https://www\.[a-z-]+\.example$").all()


def test_no_telephone_number_could_ring(leads: SimulatedLeads) -> None:
    # Ranges that regulators keep for fiction, and a country code that no country has.
    fiction = (
        r"^\+1 \(\d{3}\) 555-01\d\d$|^\+44 20 7946 0\d{3}$|^\+49 30 23125 \d{3}$"
        r"|^\+61 2 5550 \d{4}$|^\+33 1 99 00 \d\d \d\d$|^\+999 \d{3} \d{4}$"
    )
    phones = leads.cells["Phone"].drop_nulls()
    assert phones.filter(phones != "N/A").str.contains(fiction).all()
