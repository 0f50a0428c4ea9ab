"""What became of a call."""

import polars as pl

YES = ["yes", "y", "true", "1"]


def voice_ai_fits() -> pl.Expr:
    """Voice AI turned out to fit the company; open until somebody says so or denies it."""
    said = pl.col("voice_ai_fit").str.to_lowercase().str.strip_chars()
    return pl.when(said.is_null()).then(None).otherwise(said.is_in(YES))
