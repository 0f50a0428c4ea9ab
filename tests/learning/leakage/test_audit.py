"""The leakage audit on small files that one can see through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadloop.errors import DataError
from leadloop.leads import FIELD_TYPES
from leadloop.learning.leakage import FINDING_KINDS, Finding, audit_fields, single_field_auc
from leadloop.learning.leakage.audit import _added

LEADS = 2_000
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def won(random: np.random.Generator) -> np.ndarray:
    return random.random(LEADS) < 0.25


def keep(values: object, filled: np.ndarray) -> pl.Series:
    """The values where filled, missing elsewhere."""
    return pl.select(pl.when(pl.Series(filled)).then(pl.Series(values))).to_series()


def found(
    won: np.ndarray, *, order: np.ndarray | None = None, **fields: tuple[str, object]
) -> dict[str, tuple[str, str]]:
    """{field: (kind, severity)} of the findings on fields given as (kind, values); underscores in names become blanks."""
    return {name: (it.kind, it.severity) for name, it in findings(won, order=order, **fields).items()}


def findings(won: np.ndarray, *, order: np.ndarray | None = None, **fields: tuple[str, object]) -> dict[str, Finding]:
    frame = pl.DataFrame({name: pl.Series(name, values, strict=False) for name, (_, values) in fields.items()})
    kinds = {name: kind for name, (kind, _) in fields.items()}
    return {it.field: it for it in audit_fields(frame, won.astype(int), kinds=kinds, order=order)}


def test_a_field_filled_after_the_outcome_is_refused_with_its_numbers(won: np.ndarray) -> None:
    size = keep(np.full(LEADS, 10.0), won | (np.arange(LEADS) % 5 < 2))
    [finding] = findings(won, size=("number", size)).values()
    assert (finding.kind, finding.severity) == ("filled_by_outcome", "blocks")
    assert finding.statistics["fill_won"] == 1.0
    others = round(100 * finding.statistics["fill_other"])
    assert finding.evidence == f"filled for 100% of won leads and {others}% of the others (2,000 leads)"
    assert others == pytest.approx(40, abs=3)


def test_of_an_identifier_only_being_filled_is_judged(won: np.ndarray) -> None:
    everyone = [f"lead-{n}" for n in range(LEADS)]
    sellers = [f"seller-{n}" if w else None for n, w in enumerate(won)]
    assert found(won, a=("id", everyone), b=("id", sellers)) == {"b": ("filled_by_outcome", "blocks")}


def test_a_field_filled_for_a_handful_of_won_leads_only_is_refused(won: np.ndarray) -> None:
    stock = keep(np.full(LEADS, 5.0), won & (np.arange(LEADS) % 10 == 0))
    assert found(won, stock=("number", stock)) == {"stock": ("filled_by_outcome", "blocks")}


def test_an_answer_that_lost_leads_skip_a_third_more_often_is_honest(
    won: np.ndarray, random: np.random.Generator
) -> None:
    filled = random.random(LEADS) < np.where(won, 0.9, 0.6)
    answers = keep(random.choice(["student", "employed"], LEADS), filled)
    assert found(won, occupation=("category", answers)) == {}


def test_a_field_that_came_into_use_when_business_was_better_is_honest(random: np.random.Generator) -> None:
    time = np.arange(LEADS)
    won = random.random(LEADS) < np.where(time < 1_000, 0.05, 0.6)
    campaign = keep(["spring"] * LEADS, time >= 1_000)
    assert found(won, order=time, campaign=("category", campaign)) == {}
    assert found(won, campaign=("category", campaign)) == {"campaign": ("filled_by_outcome", "blocks")}


def test_an_index_that_moves_with_the_base_rate_is_a_calendar_and_no_leak(random: np.random.Generator) -> None:
    month = np.arange(4_000) // 200
    won = random.random(4_000) < 0.05 + 0.02 * month
    assert found(won, order=np.arange(4_000), rate=("number", 4.9 - 0.1 * month)) == {
        "rate": ("acts_as_calendar", "warns")
    }


def test_a_copy_of_the_outcome_is_named_as_one(won: np.ndarray) -> None:
    finding = findings(won, segment=("category", np.where(won, "north", "south")))["segment"]
    assert (finding.kind, finding.severity) == ("copy_of_label", "blocks")
    assert f'100% of the {won.sum()} leads with "north" are won, 100% of all won leads' in finding.evidence


def test_a_small_segment_that_nearly_always_converts_is_honest(won: np.ndarray, random: np.random.Generator) -> None:
    reference = (won & (random.random(LEADS) < 0.15)) | (~won & (random.random(LEADS) < 0.003))
    source = np.where(reference, "Reference", random.choice(["Google", "Direct"], LEADS))
    assert won[reference].mean() >= 0.9
    assert found(won, source=("category", source)) == {}


def test_a_number_no_honest_field_could_match_is_refused(won: np.ndarray, random: np.random.Generator) -> None:
    assert found(won, x=("number", 2.0 * won + random.normal(size=LEADS))) == {"x": ("too_good_alone", "blocks")}


def test_a_number_that_stands_out_gets_a_warning_only(won: np.ndarray, random: np.random.Generator) -> None:
    noise = {f"n{index}": ("number", random.normal(size=LEADS)) for index in range(6)}
    assert found(won, x=("number", 1.4 * won + random.normal(size=LEADS)), **noise) == {
        "x": ("too_good_alone", "warns")
    }


def test_among_equally_strong_fields_none_stands_out(won: np.ndarray, random: np.random.Generator) -> None:
    strong = {f"n{index}": ("number", 1.4 * won + random.normal(size=LEADS)) for index in range(6)}
    assert found(won, **strong) == {}


def test_a_telling_name_needs_something_in_the_data_to_be_refused(won: np.ndarray, random: np.random.Generator) -> None:
    linked = random.random(LEADS) < np.where(won, 0.5, 0.35)
    activity = np.where(linked, "SMS", "chat")
    noise = random.choice(["SMS", "chat"], LEADS)
    assert found(won, last_activity=("category", activity)) == {"last_activity": ("state_at_export", "blocks")}
    assert found(won, last_activity=("category", noise)) == {"last_activity": ("state_at_export", "warns")}
    assert found(won, favourite=("category", activity)) == {}


def test_a_constant_says_nothing_whatever_its_name(won: np.ndarray) -> None:
    assert found(won, closed_lost_reason=("category", ["price"] * LEADS), status=("category", [None] * LEADS)) == {}


def test_scores_that_one_system_wrote_fall_together(won: np.ndarray, random: np.random.Generator) -> None:
    filled = random.random(LEADS) < 0.5
    clear, faint = won + random.normal(0, 1.2, LEADS), random.normal(size=LEADS)
    fields = {
        "acme_fit_index": ("number", keep(clear, filled)),
        "acme_activity_score": ("number", keep(faint, filled)),
        "acme_region": ("category", keep(random.choice(["a", "b"], LEADS), filled)),
    }
    assert found(won, **fields) == {
        "acme_fit_index": ("judged_later", "blocks"),
        "acme_activity_score": ("judged_later", "blocks"),
        "acme_region": ("written_together", "warns"),
    }


def test_a_possible_name_alone_is_at_most_a_warning(won: np.ndarray, random: np.random.Generator) -> None:
    clear = won + random.normal(0, 1.2, LEADS)
    assert found(won, fit_index=("number", clear)) == {"fit_index": ("judged_later", "warns")}
    assert found(won, fit_index=("number", random.normal(size=LEADS))) == {}


def test_the_later_of_two_counts_is_refused_and_the_earlier_kept(won: np.ndarray, random: np.random.Generator) -> None:
    before = random.poisson(3, LEADS)
    after = before + random.poisson(2, LEADS)
    fields = {"comments_at_request": ("number", before), "comments_at_retrieval": ("number", after)}
    assert found(won, **fields) == {"comments_at_retrieval": ("later_snapshot", "blocks")}


def test_a_mark_that_twins_prove_to_be_late_counts_for_fields_without_a_twin(
    won: np.ndarray, random: np.random.Generator
) -> None:
    before = random.poisson(3, LEADS)
    fields = {
        "posts_at_request": ("number", before),
        "posts_at_retrieval": ("number", before + random.poisson(2, LEADS)),
        "votes_at_retrieval": ("number", random.poisson(5, LEADS)),
    }
    assert found(won, **fields) == {
        "posts_at_retrieval": ("later_snapshot", "blocks"),
        "votes_at_retrieval": ("later_snapshot", "blocks"),
    }


@pytest.mark.parametrize(
    "pair", [("visits_7d", "visits_30d"), ("min_price", "max_price"), ("emails_opened", "emails_sent")]
)
def test_two_counts_of_which_one_is_never_larger_are_no_snapshots_by_that_alone(
    pair: tuple[str, str], won: np.ndarray, random: np.random.Generator
) -> None:
    less = random.poisson(3, LEADS)
    assert "later_snapshot" not in {
        kind for kind, _ in found(won, **{pair[0]: ("number", less), pair[1]: ("number", less + 1)}).values()
    }


def edited_texts(won: np.ndarray, random: np.random.Generator) -> tuple[list[str], list[str], np.ndarray]:
    """Requests as first written, as they stand now, and which of them were edited (more often when it helped)."""
    edited = random.random(LEADS) < np.where(won, 0.2, 0.04)
    first = [
        " ".join(random.choice(["pizza", "please", "hungry", "thanks", "week"], random.integers(3, 9))) for _ in won
    ]
    now = [f"{text} EDIT: got it" if e else text for text, e in zip(first, edited, strict=True)]
    return first, now, edited


def test_a_text_that_was_added_to_later_is_refused_beside_its_first_version(
    won: np.ndarray, random: np.random.Generator
) -> None:
    first, now, edited = edited_texts(won, random)
    fields = {
        "request_text": ("text", now),
        "request_text_edit_aware": ("text", first),
        "was_edited": ("boolean", edited),
        "title": ("text", first[::-1]),
    }
    assert found(won, **fields) == {
        "request_text": ("later_snapshot", "blocks"),
        "was_edited": ("edited_after", "blocks"),
    }


def test_a_text_with_marks_of_edits_gets_a_warning_without_its_first_version(
    won: np.ndarray, random: np.random.Generator
) -> None:
    assert found(won, message=("text", edited_texts(won, random)[1])) == {"message": ("edited_after", "warns")}


def test_a_summary_cut_at_a_fixed_length_is_no_first_version(won: np.ndarray, random: np.random.Generator) -> None:
    long = ["need a demo " * n for n in random.integers(1, 9, LEADS)]
    fields = {"text": ("text", long), "original_text": ("text", [text[:30] for text in long])}
    assert found(won, **fields) == {}


def test_a_time_after_the_lead_came_in_that_won_leads_have_more_often_gets_a_warning(
    won: np.ndarray, random: np.random.Generator
) -> None:
    created = [START + timedelta(hours=n) for n in range(LEADS)]
    met = random.random(LEADS) < np.where(won, 0.6, 0.35)
    meeting = [start + timedelta(days=3) if m else None for start, m in zip(created, met, strict=True)]
    fields = {"created": ("time", created), "visit_day": ("time", meeting)}
    finding = findings(won, **fields)["visit_day"]
    assert (finding.kind, finding.severity) == ("known_later", "warns")
    assert 'lies after "created" in 100%' in finding.evidence
    assert finding.statistics["median_days_after"] == 3


def test_a_time_that_always_comes_after_the_lead_gets_a_warning_though_few_leads_are_without_it(
    won: np.ndarray, random: np.random.Generator
) -> None:
    created = [START + timedelta(hours=n) for n in range(LEADS)]
    blank = ~won.astype(bool) & (random.random(LEADS) < 0.06)  # none of the few that have no such date was won
    done = [
        None if b else start + timedelta(days=int(d))
        for b, start, d in zip(blank, created, random.integers(5, 80, LEADS), strict=True)
    ]
    frame = pl.DataFrame({"Eingang": created, "Zieltag": done})
    told = {"kinds": {"Zieltag": "time"}, "order": np.arange(LEADS)}
    assert audit_fields(frame, won, **told) == ()
    (finding,) = audit_fields(frame, won, came="Eingang", **told)
    assert (finding.field, finding.kind) == ("Zieltag", "known_later")
    assert 'lies after "Eingang" in 100%' in finding.evidence


def test_a_date_that_is_planned_with_the_lead_and_says_nothing_of_the_outcome_gets_none(
    won: np.ndarray, random: np.random.Generator
) -> None:
    created = [START + timedelta(hours=n) for n in range(LEADS)]
    wanted = [start + timedelta(days=int(d)) for start, d in zip(created, random.integers(1, 40, LEADS), strict=True)]
    frame = pl.DataFrame({"created": created, "move_in": [None if n % 5 == 0 else day for n, day in enumerate(wanted)]})
    assert audit_fields(frame, won, kinds={"move_in": "time"}, order=np.arange(LEADS), came="created") == ()


def test_a_time_of_the_last_change_is_seen_through_by_its_distance_from_the_beginning(
    won: np.ndarray, random: np.random.Generator
) -> None:
    created = [START + timedelta(hours=5 * n) for n in range(LEADS)]
    days = random.exponential(np.where(won, 30, 10))
    touched = [start + timedelta(days=float(gap)) for start, gap in zip(created, days, strict=True)]
    fields = {"created": ("time", created), "LastModifiedDate": ("time", touched)}
    assert found(won, **fields) == {"LastModifiedDate": ("edited_after", "blocks")}


def test_findings_that_block_come_first_and_each_field_has_at_most_one(
    won: np.ndarray, random: np.random.Generator
) -> None:
    frame = pl.DataFrame(
        {
            "last_call": random.choice(["a", "b"], LEADS),
            "won_date": keep(np.ones(LEADS), won),
            "copy": won,
        },
        strict=False,
    )
    kinds = {"last_call": "category", "won_date": "number", "copy": "boolean"}
    result = audit_fields(frame, won.astype(int), kinds=kinds)
    assert [(it.field, it.severity) for it in result] == [
        ("won_date", "blocks"),
        ("copy", "blocks"),
        ("last_call", "warns"),
    ]
    assert "its name says it tells how the lead ended" in result[0].evidence


def test_of_two_findings_on_a_field_the_graver_stays_and_of_equally_grave_ones_the_first() -> None:
    first, graver = (
        Finding("closed", "changed_after_outcome", severity, evidence, {})
        for severity, evidence in (("warns", "by its name"), ("blocks", "by its values"))
    )
    assert _added({"closed": first}, (graver,)) == {"closed": graver}
    assert _added({"closed": graver}, (first, replace(graver, evidence="by its time"))) == {"closed": graver}
    assert _added({}, (first, replace(first, evidence="by its time"))) == {"closed": first}


def test_the_same_file_and_seed_give_the_same_findings(won: np.ndarray, random: np.random.Generator) -> None:
    leads = 150_000
    many = random.random(leads) < 0.1
    frame = pl.DataFrame({"x": 1.5 * many + random.normal(size=leads), "last_visit": random.random(leads)})
    kinds = {"x": "number", "last_visit": "number"}
    first, again = (audit_fields(frame, many.astype(int), kinds=kinds, seed=7) for _ in range(2))
    assert first == again
    assert "a sample of 100,000 leads" in first[-1].evidence + first[0].evidence


def test_the_order_of_columns_changes_nothing(won: np.ndarray, random: np.random.Generator) -> None:
    fields = {
        "a": ("number", keep(np.ones(LEADS), won)),
        "last_step": ("category", np.where(won, "x", "y")),
        "c": ("number", random.normal(size=LEADS)),
    }
    assert found(won, **fields) == found(won, **dict(reversed(fields.items())))


def test_every_misfit_is_refused_at_once() -> None:
    frame = pl.DataFrame({"a": [1, 2]})
    with pytest.raises(DataError) as refused:
        audit_fields(frame, np.array([0, 1]), kinds={"a": "colour", "b": "number"})
    assert {problem.where for problem in refused.value.problems} == {"a", "b"}
    with pytest.raises(DataError) as refused:
        audit_fields(frame, np.array([0, 1, 2]), kinds={"a": "number"}, order=np.array([1]))
    assert [problem.where for problem in refused.value.problems] == ["positive", "positive", "order"]


def test_single_field_auc_reads_a_field_in_the_way_that_tells_most(
    won: np.ndarray, random: np.random.Generator
) -> None:
    falling = pl.Series("n", -1.0 * won + random.normal(size=LEADS))
    middle = pl.Series("n", np.where(won, 0.0, random.choice([-1, 1], LEADS)) + random.normal(0, 0.2, LEADS))
    assert single_field_auc(falling, won.astype(int), kind="number") == pytest.approx(0.76, abs=0.03)
    assert single_field_auc(middle, won.astype(int), kind="number") > 0.97
    assert single_field_auc(pl.Series("id", np.arange(LEADS)), won.astype(int), kind="id") == 0.5


def column(kind: str, leads: int) -> st.SearchStrategy[pl.Series]:
    """Any column that a reader could hand over for this kind, however odd."""
    values: dict[str, tuple[st.SearchStrategy[object], pl.DataType | type[pl.DataType]]] = {
        "number": (st.floats(), pl.Float64),
        "money": (st.integers(-(2**60), 2**60), pl.Int64),
        "boolean": (st.booleans(), pl.Boolean),
        "time": (st.datetimes(datetime(1, 1, 2), datetime(9999, 1, 1)), pl.Datetime("us")),
        "employees": (
            st.fixed_dictionaries({"low": st.none() | st.integers(0, 9), "high": st.none() | st.integers(0, 9)}),
            pl.Struct({"low": pl.Int64, "high": pl.Int64}),
        ),
    }
    of_kind, dtype = values.get(
        kind, (st.text(max_size=8) | st.sampled_from(["", " ", "EDIT: x", "a@b.example"]), pl.String)
    )
    entries = st.none() | st.sampled_from([None]) | of_kind
    return st.lists(entries, min_size=leads, max_size=leads).map(
        lambda drawn: pl.Series(drawn, dtype=dtype, strict=False)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_file_at_all_can_be_audited(data: st.DataObject) -> None:
    leads = data.draw(st.integers(0, 30))
    chosen = data.draw(st.lists(st.sampled_from(FIELD_TYPES), max_size=6))
    stems = data.draw(
        st.lists(st.sampled_from(["x at request", "x at export", "", "Status", "ÄÖ", "text"]), min_size=6, max_size=6)
    )
    kinds = {
        f"{stem} {index}" if index else stem: kind
        for index, (stem, kind) in enumerate(zip(stems, chosen, strict=False))
    }
    repeat = data.draw(st.integers(1, 40))
    frame = pl.DataFrame({name: data.draw(column(kind, leads)) for name, kind in kinds.items()})
    frame = pl.concat([frame] * repeat)
    won = np.array(data.draw(st.lists(st.integers(0, 1), min_size=leads, max_size=leads)) * repeat)
    order = data.draw(st.none() | st.just(np.arange(leads * repeat) // 3))
    if not kinds:
        won, order = np.array([], dtype=int), None
    result = audit_fields(frame, won, kinds=kinds, order=order)
    assert {finding.field for finding in result} <= set(kinds)
    assert all(np.isfinite(list(finding.statistics.values())).all() for finding in result)
    assert all(finding.kind in FINDING_KINDS for finding in result)
