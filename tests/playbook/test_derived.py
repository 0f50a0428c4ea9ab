"""Derived features as a playbook declares them."""

import pytest
from tests.playbook.playbooks_for_tests import TEXT

from leadloop.errors import PlaybookError
from leadloop.playbook import Derived, parse_playbook, render_playbook

MORE = TEXT.replace("[fields.id]", '[fields.pages]\ntype = "number"\n\n[fields.visits]\ntype = "number"\n\n[fields.id]')


def declare(text):
    return parse_playbook(MORE + "\n[[derived]]\n" + text)


def test_a_derived_feature_reads_back_as_it_was_written():
    playbook = declare('kind = "ratio"\nreads = ["visits", "pages"]\nbecause = "tried"')
    assert playbook.derived == (Derived("ratio", ("visits", "pages"), because="tried"),)
    assert parse_playbook(render_playbook(playbook)) == playbook


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('kind = "ratios"\nreads = ["visits", "pages"]', "derived[1].kind", "none of"),
        ('kind = "ratio"\nreads = ["visits"]', "derived[1].reads", "names 1 fields"),
        ('kind = "ratio"\nreads = ["visits", "visits"]', "derived[1].reads", "twice"),
        ('kind = "ratio"\nreads = ["visits", "page"]', "derived[1].reads", "no field"),
        ('kind = "ratio"\nreads = ["visits", "Lead Source"]', "derived[1].reads", "of type category"),
        ('kind = "cross"\nreads = ["Lead Source", "result"]', "derived[1].reads", "known at outcome"),
        ('kind = "ratio"\nreads = ["visits", "pages"]\nname = "visits"', "derived[1].name", "the name of a field"),
        ('kind = "ratio"\nreads = ["visits", "pages"]\nnames = "a"', "derived[1].names", "not a setting"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, where, what):
    with pytest.raises(PlaybookError) as refused:
        declare(text)
    (problem,) = refused.value.problems
    assert problem.where == where
    assert what in problem.what


def test_the_same_feature_twice_is_refused():
    one = 'kind = "ratio"\nreads = ["visits", "pages"]\n'
    with pytest.raises(PlaybookError, match="there twice"):
        declare(f"{one}\n[[derived]]\n{one}")


def test_a_field_that_only_names_leads_cannot_be_read():
    text = MORE.replace('lead_id = "id"', 'lead_id = "pages"')
    with pytest.raises(PlaybookError, match="only names or orders leads"):
        parse_playbook(text + '\n[[derived]]\nkind = "ratio"\nreads = ["visits", "pages"]\n')
