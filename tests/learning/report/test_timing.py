"""What a report says of when leads are won: no more than was published, and whether spans and chances hold."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from tests.learning.report.simulated_report import simulate_report

from leadloop.learning.evaluation.quality import Measure
from leadloop.learning.evaluation.timing import DayCurve, HorizonLine, TimingQuality
from leadloop.learning.report.parts import Pictures, Table, Words
from leadloop.learning.report.timing import timing_picture, timing_section

SVG = "{http://www.w3.org/2000/svg}"
ERROR = Measure("error in days", 12.5, 11.0, 14.0, False, {"same for all": 16.0}, "how far off the day told is")
HORIZONS = (
    HorizonLine(30, 1_200, 0.05, 0.06, 0.047, 0.075, 0.05, 0.055),
    HorizonLine(365, 0, *[math.nan] * 6),
)
BANDS = ("hot", "warm", "cool", "cold", "frozen")
CURVES = tuple(
    DayCurve(band, 100, ((10.0, 0.2 / rank, 0.25 / rank), (90.0, 0.4 / rank, 0.3 / rank)))
    for rank, band in enumerate(BANDS, start=1)
)
QUALITY = TimingQuality("by lead", "", 240, (ERROR,), HORIZONS, CURVES[:3], (80, 100, 0.711, 0.867))


@pytest.fixture(scope="module")
def report():
    return simulate_report()


def parts(report, quality, kind):
    return [part for part in timing_section(replace(report, timing=quality)).parts if isinstance(part, kind)]


def picture(report, curves):
    return timing_picture(replace(report, timing=replace(QUALITY, curves=curves)))


def lines(drawn, kind):
    """The points of every line of a kind, the first at the left."""
    root = ElementTree.fromstring(drawn.inline())
    paths = [path.get("d") for path in root.iter(f"{SVG}path") if path.get("class") == kind]
    return [[tuple(map(float, pair)) for pair in re.findall(r"([\d.]+),([\d.]+)", path)] for path in paths]


def test_where_nobody_asked_for_times_nothing_is_said(report):
    assert timing_section(replace(report, timing=None)) is None
    assert timing_picture(replace(report, timing=None)) is None


def test_times_that_are_not_shown_are_a_warning_with_the_reason_and_no_table(report):
    none = TimingQuality("none", "only 3 test leads were won on a known day", 3)
    (section,) = timing_section(replace(report, timing=none)).parts
    assert section.warning
    assert "say nothing of when a lead is won: only 3 test leads" in section.text


def test_the_same_days_for_all_are_said_to_be_that(report):
    same = replace(QUALITY, published="the same for all", why="no field told who is won sooner")
    assert "Every lead is told the same days" in parts(report, same, Words)[0].text
    assert parts(report, QUALITY, Words)[0].text.startswith("Days differ by lead.")


def test_measures_stand_beside_their_baselines_and_say_which_way_is_better(report):
    measures, _ = parts(report, QUALITY, Table)
    ((name, value, interval, baseline, compared, meaning),) = measures.rows
    assert (name, value, interval, baseline) == ("error in days", "12.500", "11.000 to 14.000", "16.000")
    assert compared == "beats same for all"
    assert meaning.endswith("; smaller is better")
    # What is a number stands at the right.
    assert sorted(measures.headings[column] for column in measures.numeric) == ["95% interval", "same for all", "times"]


def test_a_horizon_that_no_test_lead_was_followed_for_is_not_judged(report):
    _, horizons = parts(report, QUALITY, Table)
    assert horizons.rows[0][:5] == ("30", "1,200", "5.0%", "6.0%", "4.7% to 7.5%")
    assert horizons.rows[1][:5] == ("365", "0", "–", "–", "–")


@pytest.mark.parametrize(
    ("covered", "warns"),
    [((80, 100, 0.711, 0.867), False), ((70, 100, 0.60, 0.80), False), ((70, 100, 0.60, 0.799), True)],
)
def test_spans_are_meant_to_hold_for_four_of_five_won_leads_and_it_is_a_warning_where_they_do_not(
    report, covered, warns
):
    told = parts(report, replace(QUALITY, covered=covered), Words)[-1]
    assert f"{covered[0]}% were won between the earliest and the latest day told" in told.text
    assert "80% is what is meant" in told.text
    assert told.warning == warns
    assert ("too narrow" in told.text) == warns


def test_the_highest_four_bands_are_drawn_with_what_was_promised_and_what_came(report):
    drawn = picture(report, CURVES)
    assert len(lines(drawn, "curve")) == len(lines(drawn, "chance")) == 4
    assert "cold: promised 10% within 90 days, 7.5% came" in drawn.description
    assert "frozen" not in drawn.description


def test_curves_start_at_nothing_and_the_better_band_lies_higher(report):
    drawn = picture(report, CURVES)
    promised = lines(drawn, "curve")
    origin = promised[0][0]
    assert all(points[0] == origin for points in promised)
    # Up is a smaller number in a picture.
    ends = [points[-1][1] for points in promised]
    assert ends == sorted(ends)
    assert all(height < origin[1] for height in ends)
    for told, came in zip(promised, lines(drawn, "chance"), strict=True):
        assert told[1][1] > came[1][1]
        assert told[2][1] < came[2][1]


def test_without_curves_there_is_no_picture(report):
    assert picture(report, ()) is None
    assert parts(report, replace(QUALITY, curves=()), Pictures) == []
    (shown,) = parts(report, QUALITY, Pictures)
    assert shown.names == ("days",)
