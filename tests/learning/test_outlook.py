import pytest

from leadloop.learning.outlook import Outlook, Plan, spell_seconds


def test_time_left_shrinks_to_nothing_as_trials_are_made():
    spent = 0.0
    outlook = Outlook({"lines": Plan(4, 1.0), "trees": Plan(3, 10.0)}, lambda: spent)
    told = []
    for name, trials, took in (("lines", 4, 2.0), ("trees", 3, 20.0)):
        for made in range(1, trials + 1):
            spent += took
            outlook.tried(name, made)
            told.append(outlook.seconds_left())
    # Plans were half of what trials take: three more lines and a fit, then three trees and a fit. What the trees take is
    # believed by and by, since the plan counts as much as a tenth of all trials.
    trees = [4 * 10 * (2 * made + 3.4) / (made + 3.4) for made in range(1, 5)]
    assert told == pytest.approx(
        [4 * 2 + trees[0], 3 * 2 + trees[1], 2 * 2 + trees[2], 2 + trees[3], 2 + 3 * 20, 2 + 40, 2 + 20]
    )
    assert trees == sorted(trees)


def test_a_first_trial_that_also_loads_a_library_is_not_taken_for_all_of_them():
    spent = 0.0
    outlook = Outlook({"lines": Plan(10, 0.1), "trees": Plan(10, 2.0)}, lambda: spent)
    spent = 5.0  # a tenth of a second was planned
    outlook.tried("lines", 1)
    assert outlook.seconds_left() < 200  # and not the fifty times twenty seconds that one trial would say


def test_what_is_left_is_said_by_the_clock():
    spent = passed = 0.0
    outlook = Outlook({"lines": Plan(10, 2.0)}, lambda: spent, lambda: passed)
    spent, passed = 2.0, 10.0
    assert outlook.tried("lines", 1) == "about 2 min left"  # ten of two seconds of a processor of which it gets a fifth


def test_trials_that_another_worker_made_are_not_waited_for():
    spent = 0.0
    outlook = Outlook({"lines": Plan(10, 1.0)}, lambda: spent)
    spent = 1.0
    outlook.tried("lines", 1)
    spent = 2.0
    outlook.tried("lines", 9)
    assert outlook.seconds_left() == 2


def test_a_learner_that_was_broken_off_takes_no_more_time():
    spent = 0.0
    outlook = Outlook({"lines": Plan(100, 1.0), "trees": Plan(2, 1.0)}, lambda: spent)
    spent = 1.0
    outlook.tried("lines", 1)
    spent = 2.0
    assert outlook.tried("trees", 1) == "about 3 s left"


def test_learners_with_nothing_to_choose_are_no_part_of_it():
    outlook = Outlook({"prior": Plan(0, 0.0), "lines": Plan(2, 3.0)}, lambda: 0.0)
    assert outlook.seconds_left() == 9


def test_long_times_are_said_in_minutes_and_hours():
    assert [spell_seconds(seconds) for seconds in (0, 89, 90, 3_540, 3_600)] == [
        "1 s",
        "89 s",
        "2 min",
        "59 min",
        "1 h 0 min",
    ]
