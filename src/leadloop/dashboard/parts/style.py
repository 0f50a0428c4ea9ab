"""The style of our own parts; colours are `light-dark(...)`, so that they follow the theme that was chosen."""

from pathlib import Path

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
