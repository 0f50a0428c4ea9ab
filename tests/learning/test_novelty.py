"""What is novel is found, in single values and in pairs, and leads like those of the training are hardly ever called so."""

import json
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from leadloop.leads import Field, LeadFrame, LeadSchema
from leadloop.learning.novelty import MOST_PAIRS, learn_novelty
from leadloop.scoring.novelty import FALSE_ALARMS, Novelty
from leadloop.scoring.seen import FEW
from leadloop.simulate import simulate_leads

FIELDS = (
    Field("country", "category", "intake"),
    Field("city", "category", "intake"),
    Field("visits", "number", "intake"),
    Field("budget", "money", "intake"),
    Field("staff", "employees", "intake"),
    Field("opted_out", "boolean", "intake"),
    Field("note", "text", "intake"),
    Field("company", "category", "intake"),
    Field("phone", "phone", "intake"),
)
CITIES = {"France": ("Paris", "Lyon"), "Japan": ("Tokyo", "Osaka"), "Chile": ("Santiago",)}


def make_leads(count, seed=0):
    """Leads whose city goes with their country, and whose company has a name of its own."""
    draw = np.random.default_rng(seed)
    country = draw.choice(list(CITIES), count, p=[0.5, 0.3, 0.2])
    visits = np.round(draw.lognormal(1.0, 0.8, count))
    frame = pl.DataFrame(
        {
            "country": country,
            "city": [str(draw.choice(CITIES[name])) for name in country],
            "visits": [None if draw.random() < 0.2 else value for value in visits],
            "budget": draw.lognormal(9, 1, count).round(),
            "staff": [{"low": float(low), "high": float(low) * 4} for low in draw.choice([1, 10, 50], count)],
            "opted_out": draw.random(count) < 0.3,
            "note": ["x" * int(length) for length in draw.integers(5, 200, count)],
            "company": [f"Company {draw.integers(0, 10**9)}" for _ in range(count)],
            "phone": [None if draw.random() < 0.5 else "020 7946 0123" for _ in range(count)],
        },
        schema_overrides={"staff": pl.Struct({"low": pl.Float64, "high": pl.Float64})},
    )
    return LeadFrame(LeadSchema(FIELDS), frame, np.arange(count))


def learn(leads, *, in_time_order=True, groups=None):
    won = np.arange(len(leads)) % 4 == 0
    return learn_novelty(leads, FIELDS, won.astype(float), in_time_order=in_time_order, groups=groups, seed=7)


@pytest.fixture(scope="module")
def novelty():
    return learn(make_leads(3_000))


@pytest.fixture(scope="module")
def plain():
    """One ordinary lead."""
    lead = {
        "country": "France", "city": "Paris", "visits": 3.0, "budget": 8000.0, "staff": {"low": 10.0, "high": 40.0},
        "opted_out": False, "note": "x" * 50, "company": "Company 1", "phone": None,
    }  # fmt: skip
    return pl.DataFrame([lead], schema=make_leads(2).data.schema)


@pytest.mark.parametrize("in_time_order", [True, False])
def test_leads_like_those_of_the_training_are_hardly_ever_novel(in_time_order):
    learned = learn(make_leads(3_000), in_time_order=in_time_order)
    novel, said = learned.judge(make_leads(20_000, seed=9).data)
    assert novel.mean() <= FALSE_ALARMS
    assert [bool(words) for words in said] == novel.tolist()


def test_an_ordinary_lead_is_not_novel(novelty, plain):
    assert novelty.judge(plain)[1] == [""]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("country", "Tuvalu", "country is “Tuvalu” (never seen)"),
        ("visits", 4_000.0, "visits is 4,000 (highest seen "),
        ("visits", -50.0, "visits is -50 (lowest seen "),
        ("budget", 1e9, "budget is 1,000,000,000 (highest seen "),
        ("budget", None, "budget is not given (it always was)"),
        ("staff", {"low": 1e6, "high": 2e6}, "staff is 1,000,000 to 2,000,000 (highest seen "),
        ("note", "x" * 90_000, "note has 90,000 characters (highest seen "),
        ("opted_out", None, "opted_out is not given (it always was)"),
        ("city", "Tokyo", "country “France” with city “Tokyo” (seen together never, "),
    ],
)
def test_what_was_never_seen_is_novel_and_is_named(novelty, plain, field, value, said):
    odd = plain.with_columns(pl.Series(field, [value], dtype=plain.schema[field]))
    novel, words = novelty.judge(odd)
    assert novel.tolist() == [True]
    assert words[0].startswith(said)


@pytest.mark.parametrize(
    ("field", "value"), [("company", "Company never heard of"), ("visits", None), ("country", " FRANCE ")]
)
def test_what_is_new_in_most_leads_or_was_missing_before_is_not_novel(novelty, plain, field, value):
    odd = plain.with_columns(pl.Series(field, [value], dtype=plain.schema[field]))
    assert not novelty.judge(odd)[0].any()


def test_what_time_brings_by_itself_is_not_novel():
    """A number that only ever rises, and campaigns that come and go, say nothing of a single lead."""
    leads = make_leads(3_000)
    month = np.arange(3_000) // 100
    moving = leads.data.with_columns(visits=pl.Series(month.astype(float)), city=pl.Series([f"C{m}" for m in month]))
    learned = learn(LeadFrame(leads.schema, moving, leads.lines))
    later = make_leads(500, seed=4).data.with_columns(visits=pl.lit(31.0), city=pl.lit("C31"))
    assert learned.judge(later)[0].mean() <= 2 * FALSE_ALARMS
    far = later.with_columns(visits=pl.lit(1e9))
    assert learned.judge(far)[0].all()  # but no lead was ever so far out


def test_a_lead_alone_is_judged_as_in_a_batch(novelty):
    leads = make_leads(300, seed=5)
    some = pl.int_range(pl.len()) % 7 == 0
    odd = leads.data.with_columns(country=pl.when(some).then(pl.lit("Tuvalu")).otherwise("country"))
    novel, said = novelty.judge(odd)
    assert novel.sum() >= 43
    for row in range(0, 300, 3):
        alone, words = novelty.judge(odd[row : row + 1])
        assert (bool(alone[0]), words[0]) == (bool(novel[row]), said[row])


VALUES = {
    "country": ["France", "FRANCE ", "japan", "Atlantis", "Å", "İ", " chile\t", None],
    "opted_out": [True, False, None],
    "visits": [0.0, -1.0, 3.0, 7.5, 1e9, -1e9, None],
    "budget": [0.0, 8000.0, 1e12, -5.0, None],
    "staff": [{"low": 10.0, "high": 40.0}, {"low": 1.0, "high": 1.0}, {"low": 1e5, "high": 3e7}, None],
    "note": ["", "short", "é" * 300, "x" * 10_000, None],
    "phone": ["1", None],
}


@pytest.mark.parametrize("name", VALUES)
def test_a_few_values_are_looked_at_as_many_are(novelty, name):
    seen = next(field for field in novelty.fields if field.name == name)
    values = pl.Series(name, VALUES[name] * (FEW + 1), dtype=make_leads(2).data[name].dtype)
    steps, surprises = seen.look(values)
    for few in (values[: len(VALUES[name])], *(values[place : place + 1] for place in range(len(VALUES[name])))):
        place = VALUES[name].index(few[0]) if len(few) == 1 else 0
        some_steps, some_surprises = seen.look(few)
        assert some_steps.tolist() == steps[place : place + len(few)].tolist()
        assert some_surprises.tobytes() == surprises[place : place + len(few)].tobytes()


def test_no_leads_and_no_fields_are_no_trouble(novelty):
    assert novelty.judge(make_leads(2).data[:0])[1] == []
    leads = make_leads(300)
    empty = learn_novelty(leads, (), np.arange(300) % 2.0, in_time_order=True, seed=7)
    assert not empty.judge(leads.data)[0].any()


def test_with_too_few_leads_to_tell_nothing_is_called_novel():
    learned = learn(make_leads(150))
    odd = make_leads(5, seed=3).data.with_columns(country=pl.lit("Tuvalu"))
    assert not learned.judge(odd)[0].any()


def test_a_field_that_nobody_ever_filled_in_is_no_trouble():
    leads = make_leads(600)
    empty = LeadFrame(leads.schema, leads.data.with_columns(visits=pl.lit(None, dtype=pl.Float64)), leads.lines)
    assert learn(empty).judge(leads.data)[0].mean() <= 0.05


def test_groups_stay_together_and_the_seed_alone_decides(novelty):
    leads = make_leads(1_000)
    groups = np.arange(1_000) // 5
    first, second = learn(leads, groups=groups), learn(leads, groups=groups)
    assert json.dumps(first.state()) == json.dumps(second.state())
    assert len(novelty.pairs) <= MOST_PAIRS


def test_it_survives_being_written_down(novelty):
    again = Novelty.from_state(json.loads(json.dumps(novelty.state(), allow_nan=False)))
    leads = make_leads(500, seed=6).data.with_columns(city=pl.Series(["Tokyo", "Paris"] * 250))
    assert again.judge(leads)[1] == novelty.judge(leads)[1]
    assert any(again.judge(leads)[1])


def test_a_state_whose_parts_do_not_fit_each_other_is_refused(novelty):
    state = json.loads(json.dumps(novelty.state()))
    state["pairs"][0]["counts"] = state["pairs"][0]["counts"][1:]
    with pytest.raises(ValueError, match="do not fit"):
        Novelty.from_state(state)
    state = json.loads(json.dumps(novelty.state()))
    state["fields"][2]["edges"] = [3.0, 2.0]
    with pytest.raises(ValueError, match="contradicts itself"):
        Novelty.from_state(state)


def test_planted_novelties_are_found_in_simulated_leads():
    """Shares as measured: every single oddity is found, and of leads put together from two every fourth."""
    from tests.learning.simulated_leads import simulated_playbook

    playbook = simulated_playbook()
    cells = simulate_leads(6_000, seed=3, start=datetime(2024, 1, 1)).cells
    leads = playbook.schema.read(cells).leads
    past, new = leads[:4_000], leads[4_000:].data
    fields = [field for field in playbook.scoring_schema.fields if field.name != playbook.lead_id]
    learned = learn_novelty(past, fields, np.arange(4_000) % 5 == 0, in_time_order=True, seed=7)
    found = lambda data: float(learned.judge(data)[0].mean())  # noqa: E731
    assert found(new) <= FALSE_ALARMS
    assert found(new.with_columns(Country=pl.lit("Tuvalu"))) == 1
    assert found(new.with_columns(pl.lit(4_000.0).alias("Pages Visited"))) == 1
    other = np.random.default_rng(0).permutation(len(new))
    half = [new[name].gather(other) if place % 2 else new[name] for place, name in enumerate(new.columns)]
    assert found(pl.DataFrame(half)) > 0.2


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_broken_number_where_only_whole_ones_were_seen_is_novel_and_said(novelty, count):
    leads = make_leads(count, seed=5)
    data = leads.data.with_columns(pl.lit(1.25).alias("visits"))
    novel, unusual = novelty.judge(data)
    assert novel.all()
    assert all("visits is 1.25 (only whole numbers were seen)" in said for said in unusual)
    assert not any(
        "whole" in said for said in novelty.judge(data.with_columns(budget=pl.lit(10.5), visits=pl.lit(1.0)))[1]
    )
