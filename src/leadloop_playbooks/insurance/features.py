"""What a request for insurance shows beyond its single fields.

Whether e-mail and phone were left, free mail, the hour, weekday and season, and every category come of the fields' types;
`leadloop features insurance` lists all of them.
"""

import polars as pl

from leadloop.features.functions import feature, sample  # noqa: F401 - the examples use the second

CONTACT = ("email", "phone", "full_name", "address", "zip_code")
"""What a complete request leaves of the person."""

ENGAGED = {
    "referral": 3,
    "partner": 3,
    "direct": 3,
    "organic": 2,
    "email": 2,
    "google_ads": 2,
    "comparison_site": 1,
    "facebook": 1,
}
"""How engaged people from a source usually are, by what the trade says: 3 where they were sent to you or know you, 2 where they
looked for you, 1 where they look at many at once or were interrupted."""


@feature(reads=["full_name"])
def has_full_name() -> pl.Expr:
    """Whether a name was left, first and last.

    >>> sample(full_name=["Ada Lovelace", "Ada", None]).select(has_full_name()).to_series().to_list()
    [True, False, False]
    """
    return pl.col("full_name").str.contains(r"\S\s+\S").fill_null(False)


@feature(reads=["address"])
def has_address() -> pl.Expr:
    """Whether a postal address was left.

    >>> sample(address=["1 Sample Street", None]).select(has_address()).to_series().to_list()
    [True, False]
    """
    return pl.col("address").is_not_null()


@feature(reads=["zip_code"])
def has_zip_code() -> pl.Expr:
    """Whether a ZIP code was left.

    >>> sample(zip_code=["32869", None]).select(has_zip_code()).to_series().to_list()
    [True, False]
    """
    return pl.col("zip_code").is_not_null()


@feature(reads=CONTACT)
def contact_completeness() -> pl.Expr:
    """How much of e-mail, phone, name, address and ZIP code was left, from 0 to 1.

    >>> leads = sample(email=["a@example.com", None], phone=["1", None], full_name=["A B", None], address=[None, None])
    >>> leads.with_columns(zip_code=pl.Series(["32869", None])).select(contact_completeness()).to_series().to_list()
    [0.8, 0.0]
    """
    return pl.sum_horizontal([pl.col(name).is_not_null().cast(pl.Float64) for name in CONTACT]) / len(CONTACT)


@feature(reads=["pages_viewed", "time_on_site"])
def seconds_per_page() -> pl.Expr:
    """Seconds spent on each page, on a log scale: programs click through many pages in no time.

    >>> sample(pages_viewed=[4, 40, None], time_on_site=[200, 8, 60]).select(seconds_per_page()).to_series().round(
    ...     2
    ... ).to_list()
    [3.93, 0.18, None]
    """
    return (pl.col("time_on_site") / pl.col("pages_viewed")).log1p()


@feature(reads=["source"])
def source_engagement() -> pl.Expr:
    """How engaged people from this source usually are: 3 sent or known, 2 searching, 1 browsing; unknown for new sources.

    >>> sample(source=["Referral", "organic", "facebook", "tv"]).select(source_engagement()).to_series().to_list()
    [3.0, 2.0, 1.0, None]
    """
    word = pl.col("source").str.strip_chars().str.to_lowercase()
    return word.replace_strict(list(ENGAGED), list(ENGAGED.values()), default=None, return_dtype=pl.Float64)


@feature(reads=["insurance_type", "created_at"])
def open_enrolment() -> pl.Expr:
    """Whether the request is for health cover while everybody may enrol: from 1 November to 15 January.

    >>> from datetime import datetime
    >>> leads = sample(insurance_type=["health", "Health", "health", "auto"])
    >>> when = pl.Series([datetime(2025, 11, 1), datetime(2026, 1, 16), datetime(2026, 1, 15), datetime(2025, 12, 1)])
    >>> leads.with_columns(created_at=when).select(open_enrolment()).to_series().to_list()
    [True, False, True, False]
    """
    month, day = pl.col("created_at").dt.month(), pl.col("created_at").dt.day()
    season = (month >= 11) | ((month == 1) & (day <= 15))
    return (pl.col("insurance_type").str.strip_chars().str.to_lowercase() == "health") & season


@feature(reads=["phone", "quote_requested"])
def can_be_called_about_a_quote() -> pl.Expr:
    """Whether a quote was asked for and a phone number left to call about it.

    >>> leads = sample(phone=["555-0100", None, "555-0100"], quote_requested=[True, True, None])
    >>> leads.select(can_be_called_about_a_quote()).to_series().to_list()
    [True, False, None]
    """
    return pl.col("phone").is_not_null() & pl.col("quote_requested")
