"""Six dimensions of a good request, by what the trade believes: what scores until there are outcomes, and what a model must beat.

Each gives 0 to 1 and is worth up to its points; all six make 100. What is not known adds nothing.
"""

import polars as pl

from leadloop.features.functions import sample  # noqa: F401 - for the examples
from leadloop.features.rules import rule


def _share(*parts: pl.Expr) -> pl.Expr:
    """How many of these hold, as a share; what is not known does not hold."""
    return pl.sum_horizontal([part.fill_null(False).cast(pl.Float64) for part in parts]) / len(parts)


@rule(points=20, reads=["email", "phone", "full_name", "address", "zip_code"])
def contact_details() -> pl.Expr:
    """How much of e-mail, phone, name, address and ZIP code was left.

    >>> leads = sample(email=["a@example.com"], phone=["555-0100"], full_name=[None], address=[None], zip_code=[None])
    >>> leads.select(contact_details()).item()
    0.4
    """
    return _share(*(pl.col(name).is_not_null() for name in ("email", "phone", "full_name", "address", "zip_code")))


@rule(points=25, reads=["form_completed", "quote_requested"])
def intent() -> pl.Expr:
    """Asked for a quote, which counts twice, or completed the form.

    >>> sample(form_completed=[True, False, None], quote_requested=[True, True, False]).select(
    ...     intent()
    ... ).to_series().to_list()
    [1.0, 0.66..., 0.0]
    """
    form, quote = pl.col("form_completed"), pl.col("quote_requested")
    return _share(form, quote, quote)


@rule(points=20, reads=["pages_viewed", "time_on_site", "return_visit"])
def engagement() -> pl.Expr:
    """Looked at three pages or more, stayed for two minutes or more, came back.

    >>> sample(pages_viewed=[3, 2], time_on_site=[120, 119], return_visit=[True, None]).select(
    ...     engagement()
    ... ).to_series().to_list()
    [1.0, 0.0]
    """
    return _share(pl.col("pages_viewed") >= 3, pl.col("time_on_site") >= 120, pl.col("return_visit"))


@rule(points=10, reads=["created_at"])
def timing() -> pl.Expr:
    """Came on a working day between 8:00 and 18:00.

    >>> from datetime import datetime
    >>> times = pl.DataFrame(
    ...     {"created_at": [datetime(2025, 1, 6, 8), datetime(2025, 1, 6, 18), datetime(2025, 1, 4, 12)]}
    ... )
    >>> times.select(timing()).to_series().to_list()
    [True, False, False]
    """
    time = pl.col("created_at").dt
    return (time.weekday() <= 5) & (time.hour() >= 8) & (time.hour() < 18)


@rule(points=10, reads=["source"])
def source_quality() -> pl.Expr:
    """Was sent by somebody or knows us (1), or was looking for us (0.5).

    >>> sample(source=["Referral", "organic", "facebook", None]).select(source_quality()).to_series().to_list()
    [1.0, 0.5, 0.0, 0.0]
    """
    word = pl.col("source").str.strip_chars().str.to_lowercase()
    known = {"referral": 1.0, "partner": 1.0, "direct": 1.0, "organic": 0.5, "email": 0.5, "google_ads": 0.5}
    return word.replace_strict(list(known), list(known.values()), default=0.0, return_dtype=pl.Float64)


@rule(points=15, reads=["agent_response_time", "agent_conversion_rate", "agent_rating"])
def agent() -> pl.Expr:
    """Goes to an agent who answers within an hour, wins one lead in eight or more, and is rated 4 or better.

    >>> leads = sample(agent_response_time=[0.5, 3], agent_conversion_rate=[0.2, 0.1], agent_rating=[4.5, None])
    >>> leads.select(agent()).to_series().to_list()
    [1.0, 0.0]
    """
    return _share(
        pl.col("agent_response_time") <= 1, pl.col("agent_conversion_rate") >= 0.125, pl.col("agent_rating") >= 4
    )
