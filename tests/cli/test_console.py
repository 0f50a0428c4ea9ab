"""How the command line says that work goes on."""

import time

import leadloop.cli.console
from leadloop.cli.console import show_progress


def test_whoever_waits_long_is_told_that_work_goes_on(capsys, monkeypatch):
    monkeypatch.setattr(leadloop.cli.console, "_SILENCE", 0.5)
    with show_progress("training") as tick:
        tick("choosing settings: logistic regression")
        time.sleep(1.6)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "training: choosing settings: logistic regression"
    assert any(line.startswith(f"{lines[0]} (") and line.endswith(" s so far)") for line in lines[1:])


def test_short_work_says_each_stage_once_and_nothing_else(capsys):
    with show_progress("scoring") as tick:
        tick("20 rows read")
        tick("40 rows read")
    assert capsys.readouterr().err == "scoring: 20 rows read\n"
