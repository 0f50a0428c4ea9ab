"""What people tell of leads by hand is kept as a program's word is, with who told it; the audit log has none of their words."""

from datetime import UTC, datetime, timedelta

import pytest

from leadloop.errors import DataError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.upkeep.telling import NOTE, Teller, override_score, tell_feedback, tell_outcome
from leadloop.playbook import Target
from leadloop.store import Score

ANA = Teller("key 0a1b")
WON = Target("won", column="won", positive=("yes",))
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def place(tmp_path):
    place = Workspace(tmp_path)
    place.store.scores.add("shop", [Score("s1", "L-1", NOW, "v1", "p", "model", 40.0, "cool", "nurture")])
    return place


def audited(place):
    return [(row.who, row.action, dict(row.details)) for row in place.store.audit.page().items]


def test_an_outcome_is_kept_once_with_its_source_and_its_reason_with_the_lead(place):
    for _ in range(2):
        tell_outcome(place, "shop", WON, "L-1", 1.0, NOW, teller=ANA, reason=" budget is there ", key="k1")
    (kept,) = place.store.outcomes.of_lead("shop", "L-1")
    assert (kept.value, kept.source) == (1.0, "dashboard, key 0a1b")
    (note,) = place.store.events.of_lead("shop", "L-1")
    assert (note.name, note.details["reason"], note.details["who"]) == (NOTE, "budget is there", "key 0a1b")
    assert audited(place) == [("key 0a1b", "tell outcome", {"target": "won", "value": 1.0, "through": "dashboard"})]


def test_an_override_is_a_rating_beside_the_score_that_stays(place):
    override_score(place, "shop", "L-1", 85, teller=ANA, reason="they called back")
    (kept,) = place.store.feedback.page("shop").items
    said = kept.feedback
    assert (said.action_type, said.user_rating, said.prediction_score, said.model_version) == ("rate", 85.0, 40.0, "v1")
    assert place.store.scores.latest("shop", "L-1").score == 40.0
    assert audited(place)[0][1:] == (
        "override score",
        {"score": 85.0, "before": 40.0, "model_version": "v1", "through": "dashboard"},
    )


def test_everything_wrong_is_said_at_once_and_nothing_is_kept(place):
    with pytest.raises(DataError) as refused:
        override_score(place, "shop", "L-9", 140, teller=ANA, reason=" ")
    assert [one.where for one in refused.value.problems] == ["score", "reason", "score"]
    with pytest.raises(DataError, match="yet to come"):
        tell_outcome(place, "shop", WON, "L-1", 0.5, datetime.now(UTC) + timedelta(days=2), teller=ANA)
    with pytest.raises(DataError, match="is none"):
        tell_feedback(place, "shop", "L-1", {"action_type": "shout"}, teller=ANA)
    assert not place.store.feedback.page("shop").items
    assert not audited(place)


def test_what_was_told_goes_when_the_lead_is_erased_and_the_log_stays_without_its_words(place):
    tell_feedback(
        place, "shop", "L-1", {"action_type": "contact", "contact_successful": True}, teller=ANA, reason="Mr Fox"
    )
    place.store.erasures.erase_person(who="admin", playbook="shop", lead_id="L-1")
    assert not place.store.events.of_lead("shop", "L-1")
    assert not place.store.feedback.page("shop").items
    assert "Fox" not in str(audited(place))
