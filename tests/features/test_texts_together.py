"""Texts that several blocks read together: what is made of them is what each block makes alone, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.features.functions import FEW
from leadloop.features.phrases import PhraseLists
from leadloop.features.terms import Terms
from leadloop.features.text import TextBlock
from leadloop.features.texts_together import TextsTogether
from leadloop.features.words import Words

PRODUCTS = {"voice": ("voice", "!voice AI"), "SMS": ("SMS", "text messages")}
MOODS = {"interest": ("want", "need"), "haste": ("urgent", "ASAP")}
NOTES = [
    "They want SMS by Friday. No voice AI!",
    "voice? They need voice. Not urgent; 40 seats, $5,000.",
    None,
    "",
    "SMS, SMS and text messages: they need it ASAP!",
    "I want 12 phones by end of Q1",
]
SITES = [
    None,
    "Voice for everyone. Text messages, too.",
    "We need hands; want a job?",
    "no SMS here",
    None,
    "urgent care \U0001f642",
]
CAME = [datetime(2025, 3, day, 9, 30) for day in (3, 4, 5, 28, 29, 30)]
WENT = [datetime(2025, month, 1, 8) for month in range(1, 7)]
LEADS = pl.DataFrame({"notes": NOTES, "site": SITES, "came": CAME, "went": WENT})
MANY = pl.concat([LEADS] * 4)
FEWEST = LEADS[:FEW]


def block(field: str, won: list[int] | None = None, lists=PRODUCTS, **settings) -> TextBlock:
    """A block fitted on a few dozen leads, which learned words where somebody won."""
    past = pl.concat([LEADS] * 20)
    positive = None if won is None else np.array(won * 20, dtype=float)
    fitted, _ = TextBlock.fit(past, field, positive, phrases=lists, **settings)
    return fitted


def asking(field: str, lists, firsts=(), pairs=()) -> TextBlock:
    """A block that learned nothing and looks for phrases, as feature functions ask for them."""
    bare = TextBlock(
        field, PhraseLists.from_mapping(lists), (), "", Terms((), ()), Words.none(), (), tuple(firsts), tuple(pairs)
    )
    return bare.keeping_all()


def apart(blocks, data):
    return [one.values(data) for one in blocks]


def assert_same(blocks, *tables):
    together = TextsTogether(blocks)
    for data in tables or (MANY, FEWEST, *(LEADS[row : row + 1] for row in range(LEADS.height))):
        told, alone = together.values(data), apart(blocks, data)
        assert [one.shape for one in told] == [one.shape for one in alone]
        assert [one.tobytes() for one in told] == [one.tobytes() for one in alone]
        assert {one.dtype for one in told} <= {np.dtype(np.float32)}


def test_several_fields_are_read_as_each_alone():
    blocks = [block("notes", [1, 0, 0, 0, 1, 0]), block("site", [0, 1, 0, 1, 0, 0], MOODS)]
    assert_same(blocks)
    assert TextsTogether(blocks)._in_one_go is not None
    (notes, _) = TextsTogether(blocks).values(FEWEST)
    assert np.isnan(notes[2]).all()
    assert not np.isnan(notes[3]).any()


def test_two_blocks_of_one_field_keep_the_words_that_each_learned():
    first, second = block("notes", [1, 0, 0, 0, 1, 0], terms=3), block("notes", [0, 1, 0, 0, 0, 1], terms=5)
    assert first.words != second.words
    assert len(first.terms.terms) != len(second.terms.terms)
    assert_same([first, second])
    assert_same([first, second, block("site", [1, 0, 1, 0, 1, 0], terms=2)])
    one, other = (values[:, -1] for values in TextsTogether([first, second]).values(MANY))
    assert not np.array_equal(one, other, equal_nan=True)


def test_what_few_texts_said_is_kept_for_reasons_as_each_block_says_it_of_the_text():
    blocks = [
        block("notes", [1, 0, 0, 0, 1, 0], PRODUCTS | MOODS),
        block("notes", [0, 1, 0, 0, 0, 1], PRODUCTS | MOODS),
        block("site", [0, 1, 0, 1, 0, 0], MOODS),
    ]
    _, heard = TextsTogether(blocks).read(LEADS)
    assert [one.block for one in heard] == blocks
    told = set()
    for one in heard:
        for row, text in enumerate(LEADS[one.block.field].to_list()):
            if text is not None:
                for way in (1.0, -1.0):
                    assert one.telling_word(row, way) == one.block.telling_word(text, way)
                    told.add(one.telling_word(row, way))
                assert one.says_no_to(row) == one.block.says_no_to(text)
    assert len(told) > 3
    assert heard[0].says_no_to(1) == {"notes mentions haste"}


def test_what_many_texts_said_is_not_kept():
    assert TextsTogether([block("notes"), block("site")]).read(pl.concat([LEADS] * FEW))[1] == []


def test_blocks_that_look_for_other_lists_first_mentions_and_pairs_do_not_mix_them_up():
    both = PRODUCTS | MOODS
    one = asking("notes", both, ("SMS", "voice"), (("SMS", "interest"),))
    other = asking("notes", dict(reversed(both.items())), ("haste",), (("voice", "interest"), ("SMS", "haste")))
    site = asking("site", MOODS | {"SMS": PRODUCTS["SMS"]}, ("interest",), (("interest", "SMS"),))
    assert_same([one, other])
    assert_same([other, site, one])
    assert_same([site, one])


def test_columns_that_training_left_out_stay_out():
    whole = block("notes", [1, 0, 0, 0, 1, 0])
    part = replace(whole, kept=whole.kept[3::2])
    assert_same([part, whole, block("site")])


def test_blocks_without_any_column_are_no_trouble():
    nothing = replace(block("notes"), kept=())
    assert_same([nothing, block("site")])
    assert_same([nothing, replace(block("notes", lists=MOODS), kept=())])


def test_days_are_counted_from_each_leads_own_time():
    dated = block("notes", finds=("timeline",), time="came")
    assert dated.asks_when == "came"
    assert_same([dated, block("notes", [1, 0, 0, 0, 1, 0]), block("site", [0, 1, 0, 1, 0, 0])])
    assert_same([dated, replace(dated, time="went"), block("site")])
    assert_same([block("site", finds=("timeline",), time="went"), dated])


def test_lists_of_one_name_with_other_phrases_are_not_read_together():
    ours, theirs = block("notes"), block("site", lists={"voice": ("call",), "SMS": ("fax", "text messages")})
    assert TextsTogether([ours, theirs])._in_one_go is None
    assert_same([ours, theirs])
    assert_same([ours, block("notes", lists={"voice": ("SMS",)})])


@pytest.mark.parametrize("blocks", [[], [block("notes", [1, 0, 0, 0, 1, 0])]], ids=["none", "one"])
def test_one_block_or_none_is_read_as_it_is(blocks):
    assert_same(blocks)


def test_leads_without_any_text_have_nothing_known():
    silent = LEADS.with_columns(notes=pl.lit(None, pl.String), site=pl.lit(None, pl.String))
    blocks = [block("notes"), block("site")]
    assert_same(blocks, silent, silent[:1], silent[:0])
    assert all(np.isnan(values).all() for values in TextsTogether(blocks).values(silent[:2]))


WORDS = ["want", "SMS", "no", "not", "voice", "AI", "urgent", "text messages", ".", "!", "\n", "need", "12", "é", ","]
texts = st.none() | st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=9).map(" ".join)
FITTED = [
    block("notes", [1, 0, 0, 0, 1, 0], terms=3),
    block("notes", [0, 1, 0, 0, 0, 1]),
    block("site", [0, 1, 0, 1, 0, 0], MOODS),
    asking("notes", PRODUCTS | MOODS, ("SMS",), (("SMS", "interest"),)),
    asking("site", PRODUCTS, ("voice", "SMS")),
]


@settings(deadline=None, max_examples=80)
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=3 * FEW))
def test_whatever_texts_say_they_say_the_same_together(rows):
    data = pl.DataFrame(
        {"notes": [one for one, _ in rows], "site": [other for _, other in rows]},
        schema={"notes": pl.String, "site": pl.String},
    )
    assert_same(FITTED, data, data[:1])
