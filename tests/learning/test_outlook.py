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
    # Plans were half of what trials take: three more lines and a fit, then three trees and a fit.
    assert told == [4 * 2 + 4 * 20, 3 * 2 + 80, 2 * 2 + 80, 2 + 80, 2 + 3 * 20, 2 + 40, 2 + 20]


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
