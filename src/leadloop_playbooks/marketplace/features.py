"""What a posting says about its age, its place and its kind that no single field says."""

import polars as pl

from leadloop.features.functions import feature

FRESH_DAYS = 7
MAJOR_CITIES = (
    "new york", "los angeles", "chicago", "houston", "phoenix", "philadelphia", "san antonio", "san diego", "dallas",
    "austin", "san francisco", "san jose", "seattle", "denver", "boston", "washington", "atlanta", "miami", "toronto",
    "vancouver", "montreal", "london", "berlin", "paris", "sydney",
)  # fmt: skip
"""Cities with a large market; a place counts where its name holds one of them."""
HIGH_VALUE = ("software", "web", "systems", "engineering", "finance", "accounting", "legal", "medical", "healthcare")
"""Parts of category names whose postings usually pay well."""
TECHNOLOGY = ("software", "web", "systems", "networking", "computer", "internet", "technical", "data", "qa", "dba")
"""Parts of category names that are about technology."""
REMOTE = r"\b(?:remote|work from home|working from home|home office|telecommut\w*|anywhere)\b"
NOT_REMOTE = (
    r"\b(?:no|not|without) remote\b|\bremote (?:work )?is not\b|\bnot? [\w ]{0,20}remote\b|\bon[- ]?site only\b"
)


def holds_any(field: str, words: tuple[str, ...]) -> pl.Expr:
    """Whether a field holds one of these words, in any case; unknown where it is not given."""
    return pl.col(field).str.contains(r"(?i)\b(?:" + "|".join(words) + r")\b")


def hours_open() -> pl.Expr:
    """Hours from posting to scoring; a posting cannot be younger than nothing."""
    return ((pl.col("scraped_at") - pl.col("posted_at")).dt.total_seconds() / 3600).clip(0)


@feature(reads=["posted_at", "scraped_at"])
def hours_since_posting() -> pl.Expr:
    """Hours since posting"""
    return hours_open()


@feature(reads=["posted_at", "scraped_at"])
def days_since_posting() -> pl.Expr:
    """Days since posting"""
    return hours_open() / 24


@feature(reads=["posted_at", "scraped_at"])
def freshness() -> pl.Expr:
    """Freshness, from 1 when posted down to 0 after seven days"""
    return (1 - hours_open() / (24 * FRESH_DAYS)).clip(0)


@feature(reads=["location_name", "title", "description"])
def remote() -> pl.Expr:
    """Can be done from elsewhere"""
    said = pl.col("title").str.to_lowercase() + ". " + pl.col("description").str.to_lowercase().fill_null("")
    place = pl.col("location_name").str.to_lowercase().str.contains("remote").fill_null(False)
    return place | (said.str.contains(REMOTE) & ~said.str.contains(NOT_REMOTE))


@feature(reads=["location_name"])
def major_city() -> pl.Expr:
    """Is in a major city"""
    return holds_any("location_name", MAJOR_CITIES)


@feature(reads=["category"])
def high_value_category() -> pl.Expr:
    """Is of a category that usually pays well"""
    return holds_any("category", HIGH_VALUE)


@feature(reads=["category"])
def technology_category() -> pl.Expr:
    """Is about technology"""
    return holds_any("category", TECHNOLOGY)


@feature(reads=["contact_name"])
def contact_name_given() -> pl.Expr:
    """Names a person to contact"""
    return pl.col("contact_name").is_not_null()


@feature(reads=["price", "title", "description"])
def pay_stated() -> pl.Expr:
    """States an amount of pay"""
    amount = r"[$€£] ?\d|\d ?(?:k|usd|eur|gbp)\b"
    texts = [pl.col(name).str.to_lowercase().str.contains(amount).fill_null(False) for name in ("title", "description")]
    return pl.col("price").is_not_null() | texts[0] | texts[1]
