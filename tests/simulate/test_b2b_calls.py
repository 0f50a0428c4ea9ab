"""Notes of calls say what was said: in many ways, at some length, and never what the outcome was."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from leadloop.simulate import WORLDS, WorldPart
from leadloop.simulate.b2b_calls import phrases


@pytest.fixture(scope="module")
def part() -> WorldPart:
    return next(WORLDS["b2b_calls"].stream(8_000, 8_000, seed=5, start=datetime(2025, 1, 6)))


def test_notes_are_as_long_as_people_write_them_and_no_two_are_alike(part):
    notes = part.leads["call_notes"].drop_nulls()
    words = notes.str.count_matches(r"\S+")
    assert words.quantile(0.05) > 80
    assert words.quantile(0.99) < 400
    assert notes.n_unique() == len(notes)
    assert 0.02 < part.leads["call_notes"].null_count() / len(part) < 0.07


def test_notes_come_as_prose_as_bullets_and_as_a_transcript(part):
    notes = part.leads["call_notes"].drop_nulls()
    for pattern in (r"^- ", r"^AE: ", r"^[^\n]+$"):
        assert 0.25 < notes.str.contains(pattern).mean() < 0.4


def test_no_slot_is_left_open_and_every_wording_is_used(part):
    notes = part.leads["call_notes"].drop_nulls()
    assert not notes.str.contains(r"[{}]").any()
    joined = "\n".join(notes.head(4_000))
    for wordings in (*phrases.TIMELINES, *phrases.NEXT_STEPS, *phrases.PRICING, *phrases.BUDGETS, phrases.SMALL_TALK):
        for wording in wordings:
            longest = max((piece for piece in wording.replace("}", "{").split("{")[::2]), key=len)
            assert longest in joined, wording


def test_products_that_are_refused_are_mentioned_too(part):
    listed = part.leads["products_discussed"].fill_null("")
    notes = part.leads["call_notes"].fill_null("")
    refused = notes.str.contains(r"(?:Not interested in|No need for|do not need) (?:Voice AI|an AI voice agent)")
    assert refused.sum() > 100
    mentioned = listed.filter(refused & (listed != ""))
    assert mentioned.str.contains("Voice AI").all()


def test_a_company_may_call_again_and_is_the_same_company_then(part):
    companies = (
        part.leads.filter(pl.col("domain").is_not_null())
        .group_by("domain")
        .agg(
            pl.len(),
            *(pl.col(column).n_unique() for column in ("company_name", "description", "funding_stage", "website_text")),
        )
    )
    again = companies.filter(pl.col("len") > 1)
    assert again.height > 100
    for column in ("company_name", "description", "funding_stage", "website_text"):
        assert (again[column] == 1).all()


def test_sizes_and_money_are_written_as_people_write_them(part):
    for column, ways in {
        "employees": (r"^51-200$", r"^\d,\d{3}$", r"^\d{2,3}$", r"^~\d+$", r"^N/A$"),
        "revenue": (r"^\$\d[\d,]*$", r"^\$[\d.]+M$", r"^\d+$"),
    }.items():
        for way in ways:
            assert part.leads[column].drop_nulls().str.contains(way).any(), way


def test_titles_name_the_company(part):
    named = part.leads.select(pl.col("call_title").str.contains(pl.col("company_name"), literal=True))
    assert named.to_series().all()
