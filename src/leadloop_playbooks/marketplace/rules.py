"""Points for what anybody who has worked such postings would look at; they score until there is enough feedback."""

import polars as pl

from leadloop.features.rules import rule

SECONDS_A_DAY = 86_400
VALUED = r"(?i)\b(?:software|web|systems|engineering|finance|accounting)\b"
REMOTE = r"(?i)\b(?:fully remote|work from home|from anywhere|remote within)\b"
EXPERIENCE = r"(?i)\b\d+\+? years?\b"
DUBIOUS = r"(?i)unlimited income|your own boss|get rich|\bfee\b|bank details|\${3}"
PAY = r"(?i)[$€£] ?\d|\d ?(?:k|usd)\b"


def _age() -> pl.Expr:
    return (pl.col("scraped_at") - pl.col("posted_at")).dt.total_seconds()


@rule(points=15, reads=["posted_at", "scraped_at"])
def posted_today() -> pl.Expr:
    """Was posted within a day"""
    return _age() <= SECONDS_A_DAY


@rule(points=-10, reads=["posted_at", "scraped_at"])
def older_than_four_days() -> pl.Expr:
    """Was posted more than four days ago"""
    return _age() > 4 * SECONDS_A_DAY


@rule(points=20, reads=["email", "phone"])
def can_be_reached() -> pl.Expr:
    """Can be reached by e-mail and by phone"""
    return pl.col("email").is_not_null() & pl.col("phone").is_not_null()


@rule(points=-10, reads=["email", "phone"])
def cannot_be_reached() -> pl.Expr:
    """Names neither e-mail nor phone"""
    return pl.col("email").is_null() & pl.col("phone").is_null()


@rule(points=10, reads=["price", "description"])
def states_the_pay() -> pl.Expr:
    """Says what it pays"""
    return pl.col("price").is_not_null() | pl.col("description").str.contains(PAY).fill_null(False)


@rule(points=15, reads=["category"])
def valued_category() -> pl.Expr:
    """Is of a category that pays well"""
    return pl.col("category").str.contains(VALUED)


@rule(points=10, reads=["description"])
def open_to_remote() -> pl.Expr:
    """Can be done from home"""
    return pl.col("description").str.contains(REMOTE)


@rule(points=10, reads=["description"])
def asks_for_experience() -> pl.Expr:
    """Asks for years of experience"""
    return pl.col("description").str.contains(EXPERIENCE)


@rule(points=-40, reads=["description"])
def too_good_to_be_true() -> pl.Expr:
    """Sounds too good to be true"""
    return pl.col("description").str.contains(DUBIOUS)


@rule(points=-10, reads=["title"])
def shouts() -> pl.Expr:
    """Has a title in capitals"""
    return pl.col("title").str.contains(r"^[^a-z]*[A-Z]{4,}[^a-z]*$")
