"""How good a posting turned out to be, read from what users did with it, and how sure that is.

Every event is graded by the first line of its table that fits. A posting is worth its best event.
"""

import polars as pl

QUICK_ARCHIVE_SECONDS = 30
"""Put away sooner than this, a posting is worth 0.1, else 0.3."""
SURE_ARCHIVE_SECONDS = 10
"""Put away this soon by somebody who was only watched, it says as much as if they had said so."""
CONVERSION_BONUS = 0.2
"""What a posting that brought money is worth more, at most 1 in all."""

ACTION = pl.col("action_type").str.to_lowercase()
SECONDS = pl.col("interaction_duration")
RATED = pl.col("user_rating").is_not_null()
SUCCEEDED = (ACTION == "contact") & pl.col("contact_successful").fill_null(False)
FAILED = (ACTION == "contact") & ~pl.col("contact_successful").fill_null(True)
WATCHED = (pl.col("feedback_source").str.to_lowercase() == "implicit").fill_null(False)


def event_score() -> pl.Expr:
    """What one event is worth, 0 to 1."""
    view, archive = ACTION == "view", ACTION == "archive"
    return (
        pl.when(RATED)
        .then(pl.col("user_rating").clip(0, 100) / 100)
        .when(ACTION == "convert")
        .then(1.0)
        .when(SUCCEEDED)
        .then(0.9)
        .when(FAILED)
        .then(0.6)
        .when(ACTION == "contact")
        .then(0.7)
        .when(view & (SECONDS > 300))
        .then(0.7)
        .when(view & (SECONDS > 120))
        .then(0.5)
        .when(view & (SECONDS > 30))
        .then(0.4)
        .when(view & SECONDS.is_not_null())
        .then(0.3)
        .when(view)
        .then(0.4)
        .when(archive & (SECONDS < QUICK_ARCHIVE_SECONDS))
        .then(0.1)
        .when(archive)
        .then(0.3)
        .otherwise(None)
    )


def event_confidence() -> pl.Expr:
    """How sure one event is, 0 to 1; of users who were only watched (`feedback_source` is implicit) by rules of their own."""
    view, archive = ACTION == "view", ACTION == "archive"
    return (
        pl.when(RATED)
        .then(1.0)
        .when(ACTION == "convert")
        .then(0.95)
        .when(SUCCEEDED)
        .then(0.9)
        .when(WATCHED & view & (pl.col("view_count") >= 3))
        .then(0.7)
        .when(WATCHED & view & (SECONDS >= 300))
        .then(0.6)
        .when(WATCHED & view & (SECONDS <= 30))
        .then(0.3)
        .when(WATCHED & archive & (SECONDS <= SURE_ARCHIVE_SECONDS))
        .then(0.8)
        .when(WATCHED & (view | archive))
        .then(0.5)
        .when(archive)
        .then(0.8)
        .when(ACTION == "contact")
        .then(0.7)
        .when(view & (SECONDS > 120))
        .then(0.6)
        .when(view & (SECONDS <= 30))
        .then(0.3)
        .otherwise(0.5)
    )


def target_score() -> pl.Expr:
    """What a posting turned out to be worth: its best event, and more where it brought money."""
    brought = (pl.col("conversion_value") > 0).fill_null(False).any()
    return (event_score().max() + pl.when(brought).then(CONVERSION_BONUS).otherwise(0.0)).clip(0.0, 1.0)


def feedback_confidence() -> pl.Expr:
    """How sure that is: the confidence of the best event, of the surest where several are as good."""
    best = event_score() == event_score().max()
    return event_confidence().filter(best).max()
