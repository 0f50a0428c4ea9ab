import numpy as np
import pytest

from leadloop.errors import DataError
from leadloop.recommend.histories import HOUR, Histories, Lead, Vocabulary, decisions_of, next_decisions
from leadloop.recommend.splitting import split_in_time
from leadloop.recommend.windows import last_windows, whole_windows

DAY = 24 * HOUR
WORDS = Vocabulary.of(["call", "mail", "opened"], ["reached"], ["call", "mail"], {"source": ["web"]})


def event(lead, day, kind, **more):
    return {"lead": lead, "at": day * DAY, "kind": kind, **more}


def make(events, leads):
    return Histories.join(WORDS, events, leads)


def random_log(leads=300, seed=1):
    rng = np.random.default_rng(seed)
    events, ends = [], []
    for lead in range(leads):
        day = float(lead)
        for _ in range(rng.integers(1, 14)):
            events.append(event(lead, day, ["call", "mail", "opened"][rng.integers(3)], result="reached"))
            day += rng.exponential(1.0)
        won = (day + 0.1) * DAY if rng.random() < 0.4 else None
        ends.append(Lead(10_000 * DAY, won_at=won, lost_at=None if won else (day + 0.1) * DAY))
    return make(events, ends)


def test_a_win_counts_for_the_actions_of_the_days_before_it_and_for_nothing_after():
    histories = make(
        [event(0, 0, "call"), event(0, 5, "mail"), event(0, 5.5, "opened"), event(0, 7, "call")],
        [Lead(100 * DAY, won_at=6 * DAY)],
    )
    decisions = decisions_of(histories, within_days=3)
    assert decisions.action.tolist() == [0, 1]  # what was done after the win was not decided to win it
    assert decisions.won.tolist() == [0.0, 1.0]


def test_what_may_still_be_won_is_not_known_unless_the_lead_has_ended():
    open_lead = make([event(0, 98, "call")], [Lead(100 * DAY)])
    assert np.isnan(decisions_of(open_lead, within_days=30).won).all()
    lost = make([event(0, 98, "call")], [Lead(100 * DAY, lost_at=99 * DAY)])
    assert decisions_of(lost, within_days=30).won.tolist() == [0.0]


def test_unknown_names_are_coded_as_unknown_and_no_action():
    histories = make([event(0, 0, "fax", result="?")], [Lead(DAY, traits={"source": "tv"})])
    assert (histories.kind.tolist(), histories.result.tolist(), histories.action.tolist()) == ([1], [1], [-1])
    assert histories.traits.tolist() == [[1]]
    assert Vocabulary.from_json(WORDS.as_json()) == WORDS


def test_events_out_of_order_are_refused():
    histories = make([event(0, 0, "call"), event(0, 1, "mail")], [Lead(DAY)])
    with pytest.raises(DataError):
        Histories(*(getattr(histories, name)[::-1] if name in ("at", "lead") else getattr(histories, name)
                    for name in Histories.__dataclass_fields__))  # fmt: skip


def test_no_lead_is_in_two_parts_and_nothing_of_the_future_is_known_before_the_test_begins():
    histories = random_log()
    split = split_in_time(histories, within_days=30)
    parts = [set(part.lead.tolist()) for part in (split.train, split.stop, split.choose, split.test)]
    assert all(not one & other for place, one in enumerate(parts) for other in parts[:place])
    for part in (split.train, split.stop, split.choose):
        assert (part.moment < split.test_begins).all()
        won = part.lead[part.won == 1]
        assert (histories.won_at[won] < split.test_begins).all()
    assert histories.begun[split.test.lead].min() >= split.test_begins


@pytest.mark.parametrize("length", [4, 32])
def test_each_decision_sees_the_events_before_it_and_none_after(length):
    histories = random_log(40)
    decisions = decisions_of(histories, within_days=30)
    for windows, places in (whole_windows(histories, decisions, length), last_windows(histories, decisions, length)):
        for number in range(len(decisions)):
            row, start = decisions.row[number], histories.starts[decisions.lead[number]]
            window, place = places.window[number], places.place[number]
            seen = windows.kind[window, 1 : place + 1]
            held = histories.kind[max(start, row - len(seen)) : row]
            assert seen.tolist() == held.tolist()
            assert len(seen) >= min(row - start, length // 2)
            assert windows.kind[window, 0] == 0


def test_the_decision_that_stands_now_knows_everything():
    histories = make([event(0, 0, "call"), event(1, 1, "mail"), event(1, 2, "call")], [Lead(DAY)] * 3)
    decisions = next_decisions(histories, 9 * DAY)
    assert decisions.row.tolist() == [1, 3, 3]
    assert (decisions.row - histories.starts).tolist() == [1, 2, 0]
