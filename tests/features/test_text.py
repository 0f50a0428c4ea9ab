from dataclasses import replace
from datetime import datetime
from math import isnan, log1p
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadloop.features.finds import FINDS
from leadloop.features.text import TextBlock

REQUESTS = pl.Series(
    "request",
    ["Could I get a pizza? My kids are hungry!", "Need a demo of the voice product.", None, "No pizza, no demo. Thanks"]
    * 10
    + ["we want pricing and a call", "how much is pizza", "just browsing at http://x.com", "thanks\nfor nothing"] * 5,
)
PHRASES = {"price": ("price", "pricing", "how much"), "demo": ("demo",), "fax": ("fax machine",)}


def fit(cells: pl.Series, **asked: Any) -> TextBlock:
    return TextBlock.fit(cells.to_frame(), cells.name, **asked)[0]


@pytest.fixture(scope="module")
def block() -> TextBlock:
    return fit(REQUESTS, phrases=PHRASES, terms=200)


def column(block: TextBlock, name: str, *texts: str | None) -> list[float]:
    names = [held.name for held in block.columns]
    values = block.values(pl.DataFrame({"request": pl.Series(texts, dtype=pl.String)}))
    return values[:, names.index(name)].tolist()


def test_a_missing_text_is_missing_in_every_column(block):
    values = block.values(pl.DataFrame({"request": [None, "pizza"]}, schema={"request": pl.String}))
    assert np.isnan(values[0]).all()
    assert not np.isnan(values[1]).any()


def test_phrases_are_counted_by_list_and_denials_apart(block):
    assert column(block, "request mentions demo", "a demo, two demos", "no demo", "hello") == [2, 0, 0]
    assert column(block, "request says no to demo", "a demo, two demos", "no demo", "hello") == [0, 1, 0]


def test_terms_say_what_a_text_mentions(block):
    held = {one.name: one for one in block.columns}["request has the word pizza"]
    assert (held.says, held.says_not) == ("mentions “pizza”", "does not mention “pizza”")
    with_pizza, without = column(block, held.name, "PIZZA", "a salad")
    assert with_pizza == 1.0
    assert without == 0.0


def test_columns_that_never_change_in_training_are_left_out(block):
    names = [held.name for held in block.columns]
    assert "request mentions fax" not in names
    assert "request says no to price" not in names
    assert "request, links (log)" in names


def test_a_field_that_is_always_the_same_or_never_given_has_no_columns():
    assert fit(pl.Series("note", ["same text"] * 40)).columns == ()
    assert fit(pl.Series("note", [None] * 40, dtype=pl.String)).columns == ()


def test_every_column_has_a_name_of_its_own(block):
    names = [held.name for held in block.columns]
    assert len(set(names)) == len(names) == block.values(REQUESTS.to_frame()).shape[1]


def test_a_saved_block_with_columns_that_it_cannot_make_is_refused(block):
    with pytest.raises(ValueError, match="not columns"):
        TextBlock.from_state({**block.state(), "kept": ["request, mood"]})


def test_terms_weigh_what_scikit_learn_says():
    sklearn = pytest.importorskip("sklearn.feature_extraction.text", reason="needs the train extra")
    texts = REQUESTS.drop_nulls()
    block = fit(REQUESTS, terms=200)
    oracle = sklearn.TfidfVectorizer(sublinear_tf=True, vocabulary=list(block.terms.terms)).fit(texts.to_list())
    places = [place for place, held in enumerate(block.columns) if " has the word " in held.name]
    expected = oracle.transform(texts.to_list()).toarray()
    np.testing.assert_allclose(block.values(texts.to_frame())[:, places], expected, atol=1e-7)


def test_the_number_of_terms_is_what_a_playbook_asks_for():
    names = [held.name for held in fit(REQUESTS, terms=3).columns if " has the word " in held.name]
    assert len(names) == 3
    assert not [held.name for held in fit(REQUESTS).columns if " has the word " in held.name]


ADVERTS = pl.DataFrame(
    {
        "advert": ["Pay: $20 an hour, 3+ years of experience", "Nice team, start in 2 weeks", None, "by end of Q3"]
        * 10,
        "posted": [datetime(2026, 5, 12), None, None, datetime(2026, 6, 12)] * 10,
    }
)


def test_facts_are_found_where_a_playbook_asks_for_them_and_missing_where_nothing_is_said():
    block, values = TextBlock.fit(ADVERTS, "advert", finds=("salary", "experience", "timeline"), time="posted")
    names = [held.name for held in block.columns]
    assert block.reads == ("advert", "posted")
    salary = values[:4, names.index("advert, salary from (a year, log)")].tolist()
    assert salary[0] == pytest.approx(log1p(20 * 2080))
    assert all(isnan(one) for one in salary[1:])
    days = values[:4, names.index("advert, days to act (log)")].tolist()
    assert [round(one, 3) for one in days[1::2]] == [round(log1p(14), 3), round(log1p(110), 3)]
    assert isnan(days[0])


def test_a_text_that_says_no_to_a_topic_is_known_to_mention_it(block):
    assert block.says_no_to("no demo, but pricing") == {"request mentions demo"}


HOSTILE = {
    "one endless word": "a",
    "full stops": ".",
    "full stops and blanks": ". ",
    "empty paragraphs": "\n \n",
    "half a paragraph": "\n" + " " * 50,
    "links": "https://www.",
    "noes": "don't ",
    "phrase starts": "how ",
    "overlapping phrases": "how much ",
    "capitals that grow in lower case": "İ",
    "full-width marks": "？",
    "commas": "no a, ",
    "numbers": "$1-2 ",
    "years of experience": "3 years ",
    "deadlines": "in 3 weeks by q3 ",
    "asked": "asked about and about ",
    "headings": "todo:\n- ",
    "meetings": "call call ",
    "prices": "send send price ",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_take_time_in_proportion_to_their_length(piece):
    block = fit(REQUESTS, phrases=PHRASES, terms=50, finds=tuple(FINDS))
    block = replace(block, kept=tuple(column.name for column in block._all_columns))

    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length] + "x"
        data = pl.DataFrame({"request": [text]})
        best = float("inf")
        for _ in range(3):
            start = perf_counter()
            block.values(data)
            best = min(best, perf_counter() - start)
        return best

    # Quadratic time would take sixteen times as long for four times the text; a busy machine must not fail the test.
    assert seconds(400_000) < 10 * max(seconds(100_000), 0.005)


def test_densities_are_mentions_a_word_and_only_where_asked_for():
    data = pl.DataFrame(
        {"request": ["price, price now", "what a long way to say price to them", "", None, "none"] * 10}
    )
    block, values = TextBlock.fit(data, "request", phrases={"price": ("price",)}, densities=True)
    at = [held.name for held in block.columns].index("request, density of price")
    assert values[:3, at].tolist() == [pytest.approx(2 / 3), pytest.approx(1 / 9), 0.0]
    assert isnan(values[3, at])
    assert not [
        held
        for held in TextBlock.fit(data, "request", phrases={"price": ("price",)})[0].columns
        if "density" in held.name
    ]
    before = {name: held for name, held in block.state().items() if name != "densities"}
    assert TextBlock.from_state({**before, "kept": block.kept[:3]}).densities is False


def test_whether_a_fact_is_stated_is_known_of_every_text():
    block, values = TextBlock.fit(ADVERTS, "advert", finds=("salary", "experience", "questions"))
    names = [held.name for held in block.columns]
    stated = values[:4, names.index("advert states a salary")].tolist()
    assert stated[:2] == [1.0, 0.0]
    assert isnan(stated[2])
    assert values[:2, names.index("advert states years of experience")].tolist() == [1.0, 0.0]
    assert not [name for name in names if name.startswith("advert states") and "question" in name]
