"""The measures under the audit, each against a plain reckoning of the same thing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.learning.leakage.levels import as_numbers, cut_levels, filled_rows
from leadloop.learning.leakage.purity import group_of, pure_levels
from leadloop.learning.leakage.rows import AuditRows, take_rows, time_blocks
from leadloop.learning.leakage.separation import out_of_fold_rates, separation
from leadloop.learning.leakage.texts import measure_edits, measure_words

leads = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 2)), min_size=1, max_size=40)


def rows_of(won: np.ndarray, order: np.ndarray | None = None) -> AuditRows:
    return take_rows(pl.DataFrame({"row": np.arange(len(won))}), won.astype(int), order, seed=0)


def columns(drawn: list[tuple[int, bool, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    value, won, block = zip(*drawn, strict=True)
    return np.array(value, dtype=float), np.array(won), np.array(block)


@given(leads)
def test_separation_is_the_share_of_pairs_of_one_time_that_the_won_lead_wins(
    drawn: list[tuple[int, bool, int]],
) -> None:
    value, won, block = columns(drawn)
    points = [
        1.0 if value[a] > value[b] else 0.5 if value[a] == value[b] else 0.0
        for a in range(len(won))
        for b in range(len(won))
        if won[a] and not won[b] and block[a] == block[b]
    ]
    expected = sum(points) / len(points) if points else 0.5
    assert separation(value, won, block).auc == pytest.approx(expected)


@given(leads)
def test_turning_the_values_round_turns_the_separation_round(drawn: list[tuple[int, bool, int]]) -> None:
    value, won, block = columns(drawn)
    one, other = separation(value, won, block), separation(-value, won, block)
    assert one.auc + other.auc == pytest.approx(1.0)
    assert one.z == pytest.approx(-other.z)


def test_z_has_a_standard_deviation_of_one_where_there_is_only_chance() -> None:
    random = np.random.default_rng(0)
    scores = [
        separation(random.integers(0, 5, 300).astype(float), random.random(300) < 0.2, random.integers(0, 4, 300)).z
        for _ in range(600)
    ]
    assert np.mean(scores) == pytest.approx(0, abs=0.15)
    assert np.std(scores) == pytest.approx(1, abs=0.1)


def test_a_rows_own_outcome_never_enters_its_out_of_fold_rate() -> None:
    random = np.random.default_rng(1)
    levels, won, fold = random.integers(0, 8, 200), random.random(200) < 0.4, np.arange(200) % 5
    block = np.zeros(200, dtype=int)
    before = out_of_fold_rates(levels, won, block, fold)
    for row in (0, 17, 199):
        turned = won.copy()
        turned[row] = ~turned[row]
        after = out_of_fold_rates(levels, turned, block, fold)
        # Only the share of all leads moves, by one lead in 200.
        assert abs(after[row] - before[row]) <= 1 / 200


def test_a_field_with_a_value_of_its_own_for_every_lead_tells_nothing() -> None:
    won = np.random.default_rng(2).random(2_000) < 0.3
    rows = rows_of(won)
    rates = out_of_fold_rates(np.arange(1, 2_001), won, rows.block, rows.fold)
    assert separation(rates, won, rows.block).auc == 0.5


def test_stretches_of_time_are_equal_in_size_and_keep_leads_of_one_day_together() -> None:
    random = np.random.default_rng(3)
    day, won = random.integers(0, 60, 4_000), random.random(4_000) < 0.3
    block = time_blocks(won, day)
    assert len(np.unique(block)) == 20
    assert all(len(np.unique(block[day == each])) == 1 for each in range(60))
    assert (np.diff(block[np.argsort(day, kind="stable")]) >= 0).all()
    assert np.bincount(block).max() < 3 * np.bincount(block).min()


def test_dates_order_leads_as_well_as_numbers_do() -> None:
    won = np.random.default_rng(4).random(800) < 0.3
    number = np.arange(800)
    when = np.datetime64("2024-01-01") + number.astype("timedelta64[D]")
    assert (time_blocks(won, when) == time_blocks(won, number)).all()


def test_an_order_that_itself_parts_won_from_lost_is_no_time() -> None:
    won = np.arange(1_000) < 300
    assert (time_blocks(won, np.arange(1_000)) == 0).all()


def test_a_sample_keeps_rates_as_they_are_in_the_file() -> None:
    won = np.random.default_rng(5).random(400_000) < 0.02
    rows = rows_of(won)
    assert len(rows.positive) == 100_000
    assert rows.positive.sum() == won.sum()
    assert rows.base_rate == pytest.approx(won.mean())
    assert group_of(np.ones(100_000, dtype=bool), rows).rate == pytest.approx(won.mean())


def test_every_value_that_many_leads_share_is_a_level_of_its_own() -> None:
    spend = np.concatenate([np.zeros(9_000), np.random.default_rng(6).gamma(2, 100, 1_000)])
    levels = cut_levels(pl.Series(spend), "money")
    assert set(levels.codes[:9_000]) == {1}
    assert 1 not in levels.codes[9_000:]
    assert np.bincount(levels.codes)[2:].min() >= 10


@given(st.lists(st.one_of(st.none(), st.floats(width=32)), min_size=1, max_size=120))
def test_levels_follow_the_size_of_numbers(drawn: list[float | None]) -> None:
    levels = cut_levels(pl.Series(drawn, dtype=pl.Float64), "number")
    known = [(code, number) for code, number in zip(levels.codes, drawn, strict=True) if code]
    assert all(number is not None and np.isfinite(number) for _, number in known)
    assert max(levels.codes) < len(levels.labels)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([1, None, 3]), [1.0, None, 3.0]),
        (pl.Series([float("inf"), float("nan"), 2.0]), [None, None, 2.0]),
        (pl.Series([True, False]), [1.0, 0.0]),
        (pl.Series([date(1970, 1, 2), None]), [86_400.0, None]),
        (pl.Series([datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)]), [1.0]),
        (pl.Series([{"low": 10, "high": None}, None]), [10.0, None]),
        (pl.Series(["7", "seven"]), [7.0, None]),
    ],
)
def test_whatever_has_an_order_becomes_numbers(values: pl.Series, expected: list[float | None]) -> None:
    assert [None if np.isnan(number) else number for number in as_numbers(values)] == expected


def test_blank_text_and_nan_count_as_missing() -> None:
    assert filled_rows(pl.Series(["a", " ", "", None])).tolist() == [True, False, False, False]
    assert filled_rows(pl.Series([1.0, float("nan"), None])).tolist() == [True, False, False]


def test_addresses_are_levelled_by_their_domain() -> None:
    mails = cut_levels(pl.Series([f"p{n}@{'Firm' if n % 2 else 'mail'}.example" for n in range(40)]), "email")
    pages = cut_levels(pl.Series([f"https://www.{'a' if n % 2 else 'b'}.example/{n}?x=1" for n in range(40)]), "url")
    assert mails.labels[1:] == ("firm.example", "mail.example")
    assert pages.labels[1:] == ("a.example", "b.example")


def test_pure_values_are_found_with_the_share_of_won_leads_they_hold() -> None:
    won = np.arange(1_000) < 200
    value = np.where(np.arange(1_000) < 100, 2, 1)
    chosen, group, towards_won = pure_levels(value, rows_of(won))
    assert (chosen, towards_won) == ([2], True)
    assert (group.rows, group.rate, group.share) == (100, 1.0, 0.5)
    assert group.odds_low > 50


def test_purity_towards_what_most_leads_have_is_no_news() -> None:
    won = np.arange(1_000) >= 200
    value = np.where(np.arange(1_000) < 100, 2, 1)
    chosen, group, towards_won = pure_levels(value, rows_of(won))
    assert (chosen, towards_won) == ([2], False)
    assert (group.rate, group.share) == (1.0, 0.5)


def test_of_two_common_outcomes_purity_towards_either_counts() -> None:
    won = np.arange(1_000) < 520
    surely_won = np.where(np.arange(1_000) < 300, 2, 1)
    surely_lost = np.where(np.arange(1_000) >= 700, 2, 1)
    assert pure_levels(surely_won, rows_of(won))[2] is True
    assert pure_levels(surely_lost, rows_of(won))[2] is False


def test_words_that_follow_the_outcome_are_named() -> None:
    random = np.random.default_rng(7)
    won = random.random(1_000) < 0.3
    text = [
        f"{'contract signed' if w else 'spoke briefly'} {'monday' if r < 0.5 else 'friday'}"
        for w, r in zip(won, random.random(1_000), strict=True)
    ]
    measured = measure_words(pl.Series(text), rows_of(won))
    assert measured.words.auc == 1.0
    assert set(measured.telling) == {"contract", "signed"}


def test_words_that_have_nothing_to_do_with_the_outcome_tell_nothing() -> None:
    random = np.random.default_rng(8)
    won = random.random(2_000) < 0.3
    text = [" ".join(random.choice(["red", "green", "blue", "grey", "pink"], 3)) for _ in won]
    assert abs(measure_words(pl.Series(text), rows_of(won)).words.z) < 4


@pytest.mark.parametrize("mark", ["EDIT: thanks", "thanks (edit)", "[update 2] done", "Edited! done", "edit 3: found"])
def test_marks_of_a_later_edit_are_seen(mark: str) -> None:
    won = np.arange(200) % 2 == 0
    text = pl.Series([f"please help {mark}" if w else "please help" for w in won])
    assert measure_edits(text, rows_of(won)).texts == 100


@pytest.mark.parametrize(
    "text", ["I need credit: now", "keep me updated please", "edit the form", "an update would be fine"]
)
def test_ordinary_words_are_no_mark_of_an_edit(text: str) -> None:
    won = np.arange(200) % 2 == 0
    assert measure_edits(pl.Series([text] * 100 + ["hello"] * 100), rows_of(won)).texts == 0


def test_a_text_is_read_at_its_end_too() -> None:
    won = np.arange(200) % 2 == 0
    text = pl.Series([("word " * 3_000) + ("EDIT: got it" if w else "") for w in won])
    assert measure_edits(text, rows_of(won)).texts == 100
