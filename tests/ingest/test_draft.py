"""The draft of a playbook: what it says of fields that come too late, of leads that stand twice, and of what is used for what."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from leadloop.ingest.draft import draft_playbook

DAY = timedelta(days=1)


def leads(count: int = 300) -> pl.DataFrame:
    draw = np.random.default_rng(4)
    came = [date(2024, 1, 1) + number * DAY for number in range(count)]
    ended = [day + int(wait) * DAY for day, wait in zip(came, draw.integers(2, 80, count), strict=True)]
    return pl.DataFrame(
        {
            "Lead No": [f"L-{number:04d}" for number in range(count)],
            "Eingang": [str(day) for day in came],
            "Zieltag": [str(day) for day in ended],
            "Besuche": draw.integers(0, 30, count).astype(str),
            "Quelle": draw.choice(["Messe", "Google", "Anzeige"], count),
            "Ergebnis": draw.choice(["gewonnen", "verloren"], count),
        }
    )


def draft(cells: pl.DataFrame, **options):
    return draft_playbook("leads", cells.columns, cells, rows=cells.height, target="Ergebnis", **options)


def test_a_time_that_mostly_lies_after_the_lead_is_known_later_whatever_its_name():
    made = draft(leads()).playbook
    assert made.order.field == "Eingang"
    field = made.schema["Zieltag"]
    assert field.known_at == "outcome"
    assert "a day or more after “Eingang” in 300 of 300 leads" in field.guess[-1]


def test_a_time_that_seldom_lies_after_the_lead_stays():
    cells = leads()
    before = [str(date.fromisoformat(day) - 30 * DAY) for day in cells["Eingang"]]
    kept = cells.with_columns(Zieltag=pl.when(pl.int_range(300) % 3 == 0).then("Zieltag").otherwise(pl.Series(before)))
    assert draft(kept).playbook.schema["Zieltag"].known_at == "intake"


def test_whole_copies_of_a_lead_do_not_hide_what_names_it():
    cells = leads()
    doubled = pl.concat([cells, cells[::10]])
    made = draft(doubled)
    assert made.playbook.lead_id == "Lead No"
    assert "30 of 330 rows are copies of another row in every cell; of each, training keeps one" in made.notes


def test_rows_that_are_alike_without_anything_to_tell_leads_apart_are_not_taken_for_copies():
    cells = leads().select("Quelle", "Ergebnis")
    assert not any("copies" in note for note in draft(cells).notes)


def test_whole_numbers_take_the_decimal_comma_of_the_other_numbers_of_their_file():
    cells = leads().with_columns(Umsatz=pl.Series([f"{number * 37 % 900},50" for number in range(300)]))
    assert draft(cells).playbook.schema["Besuche"].formats == ("decimal_comma",)
    assert draft(leads()).playbook.schema["Besuche"].formats == ()


def test_addresses_that_keep_leads_together_lend_their_domain():
    mails = [
        f"p{number // 2}@firma{number % 40}.de" if number % 4 < 2 else f"x{number}@web.de" for number in range(300)
    ]
    mails[1::4] = mails[0::4]
    made = draft(leads().with_columns(pl.Series("E-Mail", mails))).playbook
    assert made.group_by == "E-Mail"
    assert made.schema["E-Mail domain"].domain_of == "E-Mail"
    assert "E-Mail domain" not in draft(leads()).playbook.schema


def test_telephone_numbers_and_yes_and_no_are_known_in_german_too():
    numbers = [f"0{224 + number}/{40691300 + 7 * number}" for number in range(300)]
    cells = leads().with_columns(pl.Series("Telefon", numbers), Newsletter=pl.Series(["ja", "nein", "nein"] * 100))
    schema = draft(cells).playbook.schema
    assert (schema["Telefon"].type, schema["Newsletter"].type) == ("phone", "boolean")
