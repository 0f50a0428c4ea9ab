"""What was measured is kept with its machine and commit, and a ratio that fell by more than a fifth is told."""

from benchmarks.speed import history
from benchmarks.speed.figure import Figure, write_table

FILE = Figure("file", 20_000.0, "rows/s", {"pandas": 2_000.0, "copy": 80_000.0})
ASKED = Figure("request", 4.0, "ms", {"echo": 0.2})


def test_what_is_kept_is_read_again_and_other_machines_are_left_out(tmp_path, monkeypatch):
    history.keep([FILE, ASKED], "abc123", tmp_path)
    assert history.read_before(tmp_path) == [[FILE, ASKED]]
    monkeypatch.setattr(history, "describe_machine", lambda: "another")
    assert history.read_before(tmp_path) == []


def test_a_ratio_that_fell_by_more_than_a_fifth_is_told_and_a_slower_machine_is_not():
    slower = [Figure("file", 10_000.0, "rows/s", {"pandas": 1_000.0, "copy": 40_000.0})]
    assert history.find_regressions(slower, [[FILE]] * 3) == []
    worse = [
        Figure("file", 15_000.0, "rows/s", {"pandas": 2_000.0, "copy": 80_000.0}),
        Figure("new", 1.0, "s", {"x": 1.0}),
    ]
    assert [one.partition(":")[0] for one in history.find_regressions(worse, [[FILE]] * 3)] == [
        "file beside pandas",
        "file beside copy",
    ]
    busy = Figure("request", 6.0, "ms", {"echo": 0.2})
    assert history.find_regressions([busy], [[ASKED], [busy], [ASKED]]) == [
        "request beside echo: 0.0333 times as good, and it was 0.05"
    ]


def test_the_table_holds_every_figure_beside_what_it_is_held_against():
    table = write_table([FILE, ASKED, Figure("memory", 239.0, "MB")]).splitlines()
    assert table[2] == "| file | 20,000 rows/s | pandas | 2,000 rows/s | 10 times as good |"
    assert table[4] == "| request | 4 ms | echo | 0.2 ms | 0.05 times as good |"
    assert table[-1] == "| memory | 239 MB | - | - | - |"
