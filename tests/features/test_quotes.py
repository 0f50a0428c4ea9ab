from datetime import datetime, timedelta
from math import log1p

import numpy as np
import polars as pl
import pytest

from leadloop.features.finds import FINDS
from leadloop.features.quotes import quote_value
from leadloop.features.text import TextBlock
from leadloop.features.times import TimesBlock
from leadloop.leads import Field

FRIDAY = datetime(2026, 11, 20, 9, 30)


@pytest.mark.parametrize(
    ("quote", "number", "said"),
    [
        ("count of word", log1p(1), "1 word"),
        ("count of word", log1p(1_200), "1,200 words"),
        ("mean count of letter", 4.26, "4.3 letters"),
        ("amount", log1p(52_000), "52,000"),
        ("amount", float(np.float32(log1p(25_396.8))), "25,396.8"),
        ("share", 0.25, "25%"),
        ("share", 0.004, "under 1%"),
        ("days", log1p(0.01), "less than an hour after"),
        ("days", -log1p(0.5), "12 hours before"),
        ("days", log1p(3), "3.0 days after"),
        ("days", -log1p(4_000), "4,000 days before"),
        ("hour", 0.3, "09:00 to 09:59"),
        ("weekday", -0.4, "Friday"),
        ("day", 20, "20"),
        ("month", 11, "November"),
        ("quarter", 4, "last"),
    ],
)
def test_a_number_is_quoted_as_people_say_it(quote: str, number: float, said: str):
    assert quote_value(quote, number, FRIDAY) == said


@pytest.mark.parametrize(("quote", "value"), [("colour", FRIDAY), ("hour", "half past nine")])
def test_what_cannot_be_quoted_is_an_error(quote: str, value: object):
    with pytest.raises(ValueError, match="cannot be quoted"):
        quote_value(quote, 1.0, value)


def test_every_sentence_with_a_gap_has_something_to_put_there():
    times = pl.Series([FRIDAY + timedelta(hours=7 * n) for n in range(3_000)])
    data = pl.DataFrame({"came": times, "visit": times + timedelta(days=3), "notes": ["Ask 3 of us! Why?"] * 3_000})
    fields = [Field(name="came", type="time", known_at="intake"), Field(name="visit", type="time", known_at="intake")]
    texts = pl.Series("notes", ["Ask 3 of us! Why?\nSee www.example.com, pay: $20-30 an hour", "nothing", ""])
    columns = (
        TimesBlock.fit(data, fields, "came").columns + TextBlock.fit(texts.to_frame(), "notes", finds=FINDS)[0].columns
    )
    gaps = [column for column in columns if "{}" in column.says + column.says_not]
    assert len(gaps) > 12
    assert all(quote_value(column.quote, 1.0, FRIDAY) for column in gaps)
    assert not [column for column in columns if column.quote and column not in gaps]
