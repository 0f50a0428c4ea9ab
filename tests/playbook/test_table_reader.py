import pytest

from leadloop.playbook.table_reader import TableReader

WAYS = ("", "up", "down")


def read(table, **options):
    problems = []
    found = TableReader(table, "fields.visits", problems).choice("direction", WAYS, "", **options)
    return found, [(problem.where, problem.what) for problem in problems]


@pytest.mark.parametrize("given", WAYS)
def test_a_word_that_may_be_chosen_is_taken(given):
    assert read({"direction": given}) == (given, [])


def test_without_a_word_the_usual_one_is_taken_unless_one_is_required():
    assert read({}) == ("", [])
    assert read({}, required=True) == ("", [("fields.visits.direction", "is missing")])


def test_another_word_is_complained_of_with_those_that_may_be_chosen():
    assert read({"direction": "upp"}) == ("", [("fields.visits.direction", "is “upp”, which is none of up, down")])
    assert read({"direction": 3}) == ("", [("fields.visits.direction", "is a number, not text")])
