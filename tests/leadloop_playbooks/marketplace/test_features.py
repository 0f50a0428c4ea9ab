"""Every feature of a posting by its name, worked out by hand."""

import json
from math import isnan, log1p, nan

import numpy as np
import pytest
from tests.leadloop_playbooks.marketplace.marketplace_for_tests import FOUND, PLAYBOOK, postings
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.features import FeatureSet
from leadloop.scoring import RuleScorer

CITIES = ["San Francisco", "Tulsa", None]
TITLES = [
    "Senior Java Developer, pay $40k. Now",
    "Urgent: Helper for 1 year of experience!",
    "Accountant - startup",
    "GARDENER wanted",
]
TEXTS = [
    "Remote. Salary $90,000 to start, urgent! We are a startup with 12 employees. Python. 5+ years of experience.",
    "Pay $20 an hour. No experience needed. Start today. On site only, no remote work.",
    "Our client is a large company. Bonus. Senior people only. Excel.",
    None,
]
VARIED = [
    {
        "title": TITLES[step % 4],
        "description": TEXTS[(step // 3) % 4],
        "category": ["software/qa/dba", "general labor", "accounting/finance"][step % 3],
        "location_name": CITIES[(step // 3) % 3],
        "price": [None, "50000", "12k"][step % 3],
        "email": [None, "info@acme.example"][step % 2],
        "phone": [None, "see description", "212 555 0103"][step % 3],
        "contact_name": [None, "Bo"][step % 2],
        "posted_at": f"2026-0{1 + step // 100}-{1 + step % 27:02d} {step % 24:02d}:15:00",
        "scraped_at": f"2026-0{1 + step // 100}-{2 + step % 27:02d} {step * 7 % 24:02d}:45:00",
    }
    for step in range(300)
]


OUTCOMES = np.random.default_rng(3).random(300)


@pytest.fixture(scope="module")
def fitted():
    features, _ = FeatureSet.fit(PLAYBOOK, postings(*VARIED), OUTCOMES, functions=FOUND.functions)
    return features


@pytest.fixture(scope="module")
def of(fitted):
    def value(column, **change):
        names = [one.name for one in fitted.columns]
        return float(fitted.matrix(postings(change).data)[0, names.index(column)])

    return value


TITLE = "Urgent: senior Python developer. Python, SQL!"
TEXT = "Salary: $30,000. Salary and bonus. Urgent. A startup with experience: 4+ years of experience in React."
WORDS = 17
DAY = {"posted_at": "2026-03-07 20:30:00", "scraped_at": "2026-03-09 08:30:00"}
LABOR, TULSA = {"category": "general labor"}, {"location_name": "Tulsa"}
of_labor, in_tulsa = (
    np.array([row[field] == value for row in VARIED])
    for field, value in (("category", "general labor"), ("location_name", "Tulsa"))
)


def drawn(alike: np.ndarray) -> float:
    """How well these postings did, as if 20 more had done as well as all did."""
    return (OUTCOMES[alike].sum() + 20 * OUTCOMES.mean()) / (alike.sum() + 20)


USUAL_OF_LABOR = (100 * 50_000 + 20 * 31_000) / 120
"""What such postings pay, as if 20 more paid what all do on average."""

VALUES = {
    "title, characters (log)": ({"title": TITLE}, log1p(45)),
    "title, words (log)": ({"title": TITLE}, log1p(6)),
    "title, sentences (log)": ({"title": TITLE}, log1p(2)),
    "title, mean word length": ({"title": TITLE}, (6 + 6 + 6 + 9 + 6 + 3) / 6),
    "title mentions salary": ({"title": "Cook, good pay"}, 1),
    "title, density of salary": ({"title": "Cook, good pay"}, 1 / 3),
    "title mentions technology": ({"title": TITLE}, 3),
    "title, density of technology": ({"title": TITLE}, 3 / 6),
    "title mentions urgency": ({"title": TITLE}, 1),
    "title, density of urgency": ({"title": TITLE}, 1 / 6),
    "title mentions experience": ({"title": TITLE}, 1),
    "title, density of experience": ({"title": TITLE}, 1 / 6),
    "title mentions company_size": ({"title": "Accountant, startup"}, 1),
    "title, density of company_size": ({"title": "Accountant, startup"}, 1 / 2),
    "title states a salary": ({"title": "Engineer, salary $40k"}, 1),
    "title, salary from (a year, log)": ({"title": "Engineer, salary $40k"}, log1p(40_000)),
    "title states years of experience": ({"title": "Cook with 2+ years of experience"}, 1),
    "title, experience from (years, log)": ({"title": "Cook with 2+ years of experience"}, log1p(2)),
    "description, characters (log)": ({"description": TEXT}, log1p(len(TEXT))),
    "description, words (log)": ({"description": TEXT}, log1p(WORDS)),
    "description, sentences (log)": ({"description": TEXT}, log1p(4)),
    "description, mean word length": ({"description": "Bakers wanted. Now."}, (6 + 6 + 3) / 3),
    "description mentions salary": ({"description": TEXT}, 3),
    "description, density of salary": ({"description": TEXT}, 3 / WORDS),
    "description mentions experience": ({"description": TEXT}, 2),
    "description, density of experience": ({"description": TEXT}, 2 / WORDS),
    "description mentions technology": ({"description": TEXT}, 1),
    "description, density of technology": ({"description": TEXT}, 1 / WORDS),
    "description mentions urgency": ({"description": TEXT}, 1),
    "description, density of urgency": ({"description": TEXT}, 1 / WORDS),
    "description mentions company_size": ({"description": TEXT}, 1),
    "description, density of company_size": ({"description": TEXT}, 1 / WORDS),
    "description mentions remote work": ({"description": "Remote or from home"}, 1),
    "description says no to remote work": ({"description": "No remote work"}, 1),
    "description states a salary": ({"description": TEXT}, 1),
    "description, salary from (a year, log)": ({"description": TEXT}, log1p(30_000)),
    "description states years of experience": ({"description": TEXT}, 1),
    "description, experience from (years, log)": ({"description": TEXT}, log1p(4)),
    "email is given": ({"email": None}, 0),
    "phone is given": ({}, 1),
    "price": ({"price": "$50,000"}, log1p(50_000)),
    "pay_stated": ({"price": None, "description": "Pays 80k"}, 1),
    "hours_since_posting": (DAY, 36),
    "days_since_posting": (DAY, 1.5),
    "freshness": (DAY, 1 - 1.5 / 7),
    "posted_at, weekday": (DAY, 6),
    "posted_at, weekend": (DAY, 1),
    "posted_at, hour": (DAY, 20),
    "posted_at, business hours": (DAY, 0),
    "scraped_at, weekday": (DAY, 1),
    "scraped_at, weekend": (DAY, 0),
    "scraped_at, hour": (DAY, 8),
    "scraped_at, business hours": (DAY, 1),
    "location popularity": ({"location_name": "tulsa"}, 99 / 300),
    "remote": ({"description": "You can work from home."}, 1),
    "major_city": ({}, 1),
    "high_value_category": ({}, 1),
    "technology_category": ({}, 1),
    "contact_name_given": ({"contact_name": None}, 0),
    "category = software/qa/dba": ({}, 1),
    "success rate of earlier leads of this category": (LABOR, drawn(of_labor)),
    "earlier leads of this category, how many (log)": (LABOR, log1p(100)),
    "success rate of earlier leads of this location": (TULSA, drawn(in_tulsa)),
    "earlier leads of this location, how many (log)": (TULSA, log1p(99)),
    "success rate of similar leads": (LABOR | TULSA, drawn(of_labor & in_tulsa)),
    "similar leads, how many (log)": (LABOR | TULSA, log1p(33)),
    "price beside the usual of its category": ({"price": "48000"} | LABOR, 48_000 - USUAL_OF_LABOR),
}  # fmt: skip
WORDS_OF = "{}, characters (log)", "{}, words (log)", "{}, sentences (log)", "{}, mean word length"
TOPICS = "salary", "experience", "technology", "urgency", "company_size"
CLOCK = "weekday", "weekend", "hour", "business hours"
PROMISED = {
    "length, words, sentences, mean word length": [
        one.format(text) for text in ("title", "description") for one in WORDS_OF
    ],
    "keyword count": [f"{text} mentions {topic}" for text in ("title", "description") for topic in TOPICS],
    "keyword density": [f"{text}, density of {topic}" for text in ("title", "description") for topic in TOPICS],
    "e-mail and phone present": ["email is given", "phone is given"],
    "salary mentioned and its amount": [
        *(f"{text} states a salary" for text in ("title", "description")),
        *(f"{text}, salary from (a year, log)" for text in ("title", "description")),
        "pay_stated",
    ],
    "years of experience asked": [
        *(f"{text} states years of experience" for text in ("title", "description")),
        *(f"{text}, experience from (years, log)" for text in ("title", "description")),
    ],
    "age": ["hours_since_posting", "days_since_posting", "freshness"],
    "clock of posting and of scraping": [f"{time}, {part}" for time in ("posted_at", "scraped_at") for part in CLOCK],
    "place": ["location popularity", "remote", "major_city"],
    "kind": ["high_value_category", "technology_category"],
    "success so far": [
        *(f"success rate of {which}" for which in ("earlier leads of this category", "earlier leads of this location")),
        "success rate of similar leads",
    ],
    "how many similar leads": ["similar leads, how many (log)"],
    "price": ["price"],
    "contact name": ["contact_name_given"],
}
"""What a posting is known by, and the columns that say it."""
AT_THE_EDGES = [
    ("freshness", {"posted_at": "2026-02-23 21:00:00", "scraped_at": "2026-03-03 21:00:00"}, 0),
    ("freshness", {"posted_at": "2026-03-04 21:00:00", "scraped_at": "2026-03-03 21:00:00"}, 1),
    ("hours_since_posting", {"posted_at": "2026-03-04 21:00:00", "scraped_at": "2026-03-03 21:00:00"}, 0),
    ("hours_since_posting", {"posted_at": None}, nan),
    ("remote", {"location_name": "Remote", "description": None}, 1),
    ("remote", {"description": "No remote work."}, 0),
    ("remote", {"description": "On site only."}, 0),
    ("remote", {"description": "Remote is not possible."}, 0),
    ("remote", {"description": "A desk in town."}, 0),
    ("major_city", {"location_name": "Tulsa"}, 0),
    ("major_city", {"location_name": None}, nan),
    ("high_value_category", {"category": "general labor"}, 0),
    ("technology_category", {"category": "accounting/finance"}, 0),
    ("technology_category", {"category": None}, nan),
    ("email is given", {}, 1),
    ("phone is given", {"phone": "See description"}, 0),
    ("contact_name_given", {}, 1),
    ("price", {"price": None}, nan),
    ("pay_stated", {"price": None, "description": "We pay well."}, 0),
    ("description states a salary", {"description": "We pay well."}, 0),
    ("description, salary from (a year, log)", {"description": "We pay well."}, nan),
    ("description states years of experience", {"description": "Ten people."}, 0),
    ("description mentions salary", {"description": None}, nan),
    ("location popularity", {"location_name": "Atlantis"}, 0),
]  # fmt: skip


@pytest.mark.parametrize("column", VALUES)
def test_every_feature_by_its_name_has_the_value_worked_out_by_hand(of, column):
    change, value = VALUES[column]
    assert of(column, **change) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(("column", "change", "value"), AT_THE_EDGES)
def test_at_the_edges(of, column, change, value):
    found = of(column, **change)
    assert isnan(found) if isnan(value) else found == pytest.approx(value, rel=1e-6)


def test_words_of_titles_and_descriptions_have_columns_of_their_own(fitted):
    terms = {
        name: [one for one in fitted.columns if one.name.startswith(f"{name} has the word ")]
        for name in ("title", "description")
    }
    assert 5 <= len(terms["title"]) <= 100
    assert 20 <= len(terms["description"]) <= 200
    assert PLAYBOOK.schema["title"].terms == 100
    assert PLAYBOOK.schema["description"].terms == 200


@pytest.mark.parametrize("promised", PROMISED)
def test_everything_a_posting_is_known_by_has_its_columns_each_worked_out_here(promised):
    assert [column for column in PROMISED[promised] if column not in VALUES] == []


def test_the_command_lists_everything_that_training_makes():
    listed = CliRunner().invoke(app, ["features", "marketplace", "--json"])
    assert listed.exit_code == 0
    names = {one["name"] for one in json.loads(listed.stdout)}
    assert {"title has the word WORD", "description has the word WORD"} <= names
    assert {column.replace("= software/qa/dba", "= VALUE") for column in VALUES} <= names


def test_a_word_weighs_only_in_a_text_that_has_it(of, fitted):
    columns = [one.name for one in fitted.columns if " has the word " in one.name]
    assert {"title has the word gardener", "description has the word python"} <= set(columns)
    assert (
        of("title has the word gardener", title="The gardener")
        > of("title has the word gardener", title="The cook")
        == 0
    )
    assert of("description has the word python", description="Python") > 0
    assert of("description has the word python", description="Java") == 0


def test_a_kind_or_place_that_was_never_seen_has_no_history(of):
    for label, unseen in (
        ("earlier leads of this category", {"category": "new"}),
        ("earlier leads of this location", {"location_name": "Nowhere"}),
        ("similar leads", {"location_name": "Nowhere"}),
    ):
        assert of(f"{label}, how many (log)", **unseen) == 0
        assert of(f"success rate of {label}", **unseen) == pytest.approx(OUTCOMES.mean(), rel=1e-6)


def test_who_is_named_and_what_came_later_is_never_read(fitted):
    later = {"target_score", "feedback_confidence"}
    assert not later & set(fitted.reads)
    assert [column.name for column in fitted.columns if column.field == "contact_name"] == []


def test_a_posting_alone_has_the_features_that_it_has_in_a_batch(fitted):
    leads = postings(*VARIED[:40])
    every = fitted.matrix(leads.data)
    for place in (0, 7, 39):
        np.testing.assert_array_equal(fitted.matrix(leads[place : place + 1].data)[0], every[place])


def test_a_saved_set_gives_the_same(fitted):
    again = FeatureSet.from_state(fitted.state())
    leads = postings(*VARIED[:40])
    np.testing.assert_array_equal(again.matrix(leads.data), fitted.matrix(leads.data))


RULES = {
    "posted_today": ({"posted_at": "2026-03-03 20:00:00"}, {}),
    "older_than_four_days": ({"posted_at": "2026-02-20 20:00:00"}, {}),
    "can_be_reached": ({}, {"email": None}),
    "cannot_be_reached": ({"email": None, "phone": None}, {}),
    "states_the_pay": ({"price": None}, {"price": None, "description": "Great pay."}),
    "valued_category": ({}, {"category": "general labor"}),
    "open_to_remote": ({"description": "Fully remote."}, {}),
    "asks_for_experience": ({}, {"description": "No experience needed."}),
    "too_good_to_be_true": ({"description": "Unlimited income, be your own boss!"}, {}),
    "shouts": ({"title": "DRIVER NEEDED!!!"}, {}),
}


def test_every_rule_holds_where_it_should_and_nowhere_else():
    scorer = RuleScorer.of(PLAYBOOK, FOUND.rules)
    names = [column.name for column in scorer.features.columns]
    assert set(names) == set(RULES)
    for name, (holds, fails) in RULES.items():
        matrix = scorer.features.matrix(postings(holds, fails).data)
        assert matrix[:, names.index(name)].tolist() == [1.0, 0.0], name


def test_a_better_posting_has_more_points():
    scorer = RuleScorer.of(PLAYBOOK, FOUND.rules)
    dubious = {"email": None, "phone": None, "description": "Get rich, unlimited income!", "category": "general labor"}
    good, bad = scorer.score_table(postings({"posted_at": "2026-03-03 20:00:00"}, dubious), explain=False)["score"]
    assert good > 60 > 30 > bad


def test_the_playbook_reads_back_as_it_was_written():
    from leadloop.playbook import parse_playbook, render_playbook

    assert parse_playbook(render_playbook(PLAYBOOK)) == PLAYBOOK
    assert len(PLAYBOOK.phrases) == 9
