"""What a play leaves in its folder: the weeks as JSON and CSV, and a page with pictures."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from leadloop.flows.play.page import draw_play, render_play
from leadloop.flows.play.weeks import PlayedWeeks, table_rows
from leadloop.ingest.writers import open_writer

JSON, CSV, PAGE = "weeks.json", "weeks.csv", "loop.html"


def write_play(play: PlayedWeeks, folder: Path | str) -> Path:
    """Write a play's files into a folder, which is there already; the page's path."""
    place = Path(folder)
    (place / JSON).write_text(json.dumps(play.as_json(), indent=1, ensure_ascii=False), encoding="utf-8")
    with open_writer(place / CSV) as writer:
        writer.write(pl.DataFrame(table_rows(play.weeks), infer_schema_length=None))
    (place / PAGE).write_text(render_play(play), encoding="utf-8")
    pictures = place / "pictures"
    pictures.mkdir(exist_ok=True)
    for one in draw_play(play):
        (pictures / f"{one.name}.svg").write_text(one.alone(), encoding="utf-8")
    return place / PAGE
