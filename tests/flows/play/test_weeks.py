"""What a play shows: what was promised, and whether it held."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
from tests.flows.play.plays_for_tests import make_play

from leadloop.flows.play.page import judge_play, render_play, tell_play
from leadloop.flows.play.play import count_missed
from leadloop.flows.play.weeks import Alarm, read_play
from leadloop.flows.play.written import write_play


def test_a_play_that_noticed_and_won_back_kept_its_promise():
    play = make_play()
    assert play.days_to_detect == 4
    assert all(play.keeps_promise.values())
    assert judge_play(play).tone == "good"


def test_an_alarm_before_the_change_is_a_false_one_and_one_that_comes_late_is_too_late():
    play = make_play()
    early = Alarm(play.changes - timedelta(days=1), "drift", "a whim")
    late = Alarm(play.evidence + timedelta(days=15), "f1", "at last")
    false = replace(play, alarms=(early, *play.alarms))
    assert false.false_alarms == 1
    assert [name for name, held in false.keeps_promise.items() if not held] == ["no false alarm"]
    assert [name for name, held in replace(play, alarms=(late,)).keeps_promise.items() if not held] == [
        "noticed in time"
    ]
    assert replace(play, alarms=()).days_to_detect is None


def test_four_fifths_have_to_be_won_back_and_something_has_to_be_promoted():
    assert not make_play(won_back=0.79).keeps_promise["won back"]
    assert not make_play(won_back=None).keeps_promise["won back"]
    assert not make_play(promotions=0).keeps_promise["promoted"]
    assert judge_play(make_play(won_back=0.79)).words == "Not kept: won back"


def test_what_was_written_is_read_as_the_same_play(tmp_path):
    play = make_play()
    write_play(play, tmp_path)
    told = json.loads((tmp_path / "weeks.json").read_text(encoding="utf-8"))
    assert told["synthetic"] is True
    assert told["summary"]["days_to_detect"] == 4
    assert read_play(told) == play
    table = pl.read_csv(tmp_path / "weeks.csv")
    assert table["week"].to_list() == [1, 2, 3, 4, 5, 6]
    assert table["auc_without"].to_list() == [0.80, 0.80, 0.80, 0.68, 0.68, 0.68]
    assert table["shares"][5] == "v1:0.300 v2:0.600 v3:0.100"


def test_the_page_is_complete_in_itself_says_that_all_is_synthetic_and_takes_no_words_for_markup():
    page = render_play(make_play())
    assert "Synthetic data" in page
    assert "<b>far</b>" not in page
    assert "&lt;b&gt;far&lt;/b&gt;" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in page
    assert page.count('class="pic"') == 4
    assert "the world changes" in page
    assert "85% of that was won back" in " ".join(tell_play(make_play()))


def test_sales_are_missed_where_worse_leads_are_worked_than_could_be():
    truth = np.array([0.9, 0.5, 0.1, 0.2])
    assert count_missed(truth, truth, 0.5) == 0
    assert count_missed(-truth, truth, 0.25) == 0.8
