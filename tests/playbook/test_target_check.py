"""Several targets in one playbook: which is the main one, what each counts, and what cannot be."""

from dataclasses import replace

import pytest
from tests.two_targets_for_tests import ALONE, TWO

from leadloop.errors import PlaybookError
from leadloop.playbook import Policy, Route, fingerprint_playbook, parse_playbook, render_playbook


def said_of(text):
    with pytest.raises(PlaybookError) as refused:
        parse_playbook(text)
    return [(problem.where, problem.what, problem.mend) for problem in refused.value.problems]


def test_the_first_target_of_the_file_is_the_main_one():
    again = parse_playbook(render_playbook(TWO))
    assert again == TWO
    assert again.target.name == "progression"
    assert [target.name for target in again.targets] == ["progression", "voice_fit"]


def test_weights_count_by_their_share_and_targets_without_one_do_not_count():
    assert replace(TWO, score=(("progression", 3), ("voice_fit", 1))).weights == {
        "progression": 0.75,
        "voice_fit": 0.25,
    }
    assert replace(TWO, score=(("voice_fit", 2.0),)).weights == {"voice_fit": 1.0}
    assert replace(TWO, score=()).weights == {"progression": 1.0}


def test_a_score_is_composed_unless_it_is_the_main_targets_alone():
    assert TWO.is_composed
    assert replace(TWO, score=(("voice_fit", 1.0),)).is_composed
    assert not replace(TWO, score=()).is_composed
    assert not replace(TWO, score=(("progression", 0.5),)).is_composed


def test_another_order_of_targets_is_another_playbook():
    turned = TWO.aimed_at("voice_fit")
    assert turned.target.name == "voice_fit"
    assert turned.outcome_columns == TWO.outcome_columns == {"moved_on", "fits"}
    assert fingerprint_playbook(turned) != fingerprint_playbook(TWO)


def test_without_an_optional_target_the_others_make_up_the_score():
    assert TWO.without_targets({"voice_fit"}).weights == {"progression": 1.0}
    assert not TWO.without_targets({"voice_fit"}).is_composed


def test_a_playbook_of_one_target_says_nothing_of_several():
    text = render_playbook(ALONE)
    assert "[score]" not in text
    assert "optional" not in text


def test_every_mistake_about_targets_is_said_at_once():
    text = render_playbook(TWO)
    text = text.replace("voice_fit = 0.3", "voice_fit = 0.0\nvoice_fitt = 1.0\nmargin = 2.0")
    text = text.replace('column = "moved_on"', 'column = "moved_on"\noptional = true')
    text = text.replace('column = "fits"', 'column = "fits"\nvalue = "worth"\nat = "when"')
    assert said_of(text) == [
        ("targets.voice_fit.at", "names “when”, which is no field", 'declare it, as in [fields."when"]'),
        ("targets.voice_fit.value", "names “worth”, which is no field", 'declare it, as in [fields."worth"]'),
        (
            "targets.progression.optional",
            "is set on the main target, the first in the file",
            "leave it out, or declare the target that may never be missing first",
        ),
        (
            "targets.voice_fit.value",
            "can be asked of the main target only, which is “progression”",
            "leave it out, or declare “voice_fit” first",
        ),
        ("score.voice_fit", "is 0", "write a number above 0, or leave the target out"),
        ("score.voice_fitt", "names no target", "did you mean “voice_fit”?"),
        ("score.margin", "names no target", "the targets are progression, voice_fit"),
    ]


def test_another_targets_outcome_must_be_known_later_than_leads_are_scored():
    text = render_playbook(TWO).replace(
        'type = "category"\nknown_at = "outcome"', 'type = "category"\nknown_at = "intake"'
    )
    ((where, what, _),) = said_of(text)
    assert where == "fields.fits.known_at"
    assert "it is the outcome and leads are scored at intake" in what


SENT = Policy(
    routes=(
        Route("call", 80.0, priority="voice", when=(("voice_fit", 70.0),), key="call_voice"),
        Route("call", 80.0, priority="high", key="call_high"),
        Route("wait", 0.0),
    )
)


def test_a_route_may_ask_for_the_score_of_any_target():
    playbook = replace(TWO, policy=SENT)
    assert parse_playbook(render_playbook(playbook)) == playbook
    named = render_playbook(playbook).replace("voice_fit = 70", "voice_fitt = 70")
    assert said_of(named) == [
        ("routes.call_voice.when", "names “voice_fitt”, which is no target", "did you mean “voice_fit”?")
    ]


def test_a_route_that_asks_for_a_target_that_is_gone_goes_with_it():
    without = replace(TWO, policy=SENT).without_targets({"voice_fit"})
    assert [route.priority for route in without.policy.routes] == ["high", ""]
    assert parse_playbook(render_playbook(without)) == without
    assert replace(TWO, policy=SENT).without_targets({"progression"}).policy == SENT
