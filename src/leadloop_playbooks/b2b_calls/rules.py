"""What a sales team believes of a call: the score until there are outcomes to learn from, and what models are tried against."""

import polars as pl

from leadloop.features.readings import mentions, mentions_together, says_no_to
from leadloop.features.rules import rule


def _notes(phrases: str) -> pl.Expr:
    return (mentions("call_notes", phrases) > 0).fill_null(False)


def _agreed() -> pl.Expr:
    agreed = (mentions_together("call_notes", "a meeting", "is arranged") > 0).fill_null(False)
    return agreed & ~_notes("no meeting")


@rule(points=15, reads=["call_notes"])
def wants_voice_ai() -> pl.Expr:
    """Wants Voice AI."""
    return mentions_together("call_notes", "Voice AI", "interest") > 0


@rule(points=-10, reads=["call_notes"])
def refuses_voice_ai() -> pl.Expr:
    """Says no to Voice AI."""
    return says_no_to("call_notes", "Voice AI") > 0


@rule(points=20, reads=["call_notes"])
def meeting_is_set() -> pl.Expr:
    """A next meeting is set."""
    return _agreed()


@rule(points=-20, reads=["call_notes"])
def meeting_is_refused() -> pl.Expr:
    """Wants no further meeting."""
    return _notes("no meeting")


@rule(points=10, reads=["call_notes"])
def asked_the_price() -> pl.Expr:
    """Asked for the price."""
    return _notes("asks the price")


@rule(points=-10, reads=["call_notes"])
def finds_it_expensive() -> pl.Expr:
    """Finds it too expensive."""
    return _notes("too expensive")


@rule(points=10, reads=["call_notes", "urgency_level"])
def is_urgent() -> pl.Expr:
    """It is urgent."""
    return (_notes("urgent") & ~_notes("no hurry")) | (pl.col("urgency_level") >= 4).fill_null(False)


@rule(points=-10, reads=["call_notes"])
def is_in_no_hurry() -> pl.Expr:
    """There is no hurry."""
    return _notes("no hurry")


@rule(points=10, reads=["call_notes"])
def money_is_approved() -> pl.Expr:
    """There is money for it."""
    return _notes("money is there") & ~_notes("no money")


@rule(points=-12, reads=["call_notes"])
def no_money() -> pl.Expr:
    """There is no money for it."""
    return _notes("no money")


@rule(points=8, reads=["call_notes"])
def wants_away_from_a_vendor() -> pl.Expr:
    """Wants to leave a vendor."""
    return _notes("wants to leave a vendor") & ~_notes("bound to a vendor")


@rule(points=-10, reads=["call_notes"])
def is_bound_to_a_vendor() -> pl.Expr:
    """Is bound to a vendor."""
    return _notes("bound to a vendor")


@rule(points=5, reads=["call_notes"])
def goes_into_detail() -> pl.Expr:
    """Asked technical questions."""
    return mentions_together("call_notes", "technical depth", "technical questions") > 0


@rule(points=8, reads=["employees"])
def has_the_right_size() -> pl.Expr:
    """Employs 50 to 1,000 people."""
    return pl.col("employees").is_between(50, 1_000)


@rule(points=8, reads=["lead_source"])
def comes_recommended() -> pl.Expr:
    """Came by a referral, a partner or a call of its own."""
    return pl.col("lead_source").str.to_lowercase().is_in(["referral", "partner", "inbound call"])
