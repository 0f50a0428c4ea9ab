"""How each lead stands, kept with its records and scores, and what is summed up of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from tests.store.stores_for_tests import START, Clock

from leadloop.errors import StoreError
from leadloop.store import Event, Feedback, LeadOutcome, LeadRecord, Score, open_store
from leadloop.store.standings import Narrowing
from leadloop.store.tables import SHADOW

DAY = timedelta(days=1)


def scored(lead_id, score, at=START, *, key="", arm="", fields=None, probability=None, segment=""):
    band = "hot" if score >= 80 else "cold"
    return Score(
        key or f"{lead_id}-{at.isoformat()}-{score}-{arm}",
        lead_id,
        at,
        "v1",
        "p",
        "model",
        score,
        band,
        f"route {band}",
        arm=arm,
        probability=probability,
        segment=segment,
        fields=fields or {},
    )


def test_a_lead_stands_by_its_newest_score_whatever_the_order_in_which_they_come(store):
    store.scores.add("b2b", [scored("A", 30, START + DAY), scored("A", 90, START)])
    store.scores.add("b2b", [scored("A", 50, START + 3 * DAY)])
    store.scores.add(
        "b2b", [scored("A", 10, START - DAY), scored("A", 99, START + 9 * DAY, arm=SHADOW), scored("", 70)]
    )
    [one] = store.standings.page("b2b").items
    assert (one.lead_id, one.score, one.score_before, one.band, one.came_at) == ("A", 50, 30, "cold", START - DAY)
    [line] = store.sums.ends("b2b", "won", ("band",), within_days=None, now=START)
    assert (line.by, line.leads) == (("cold",), 1), "it is judged by the first score that it had, of the day before"


def test_it_agrees_with_the_scores_that_are_stored(store):
    for number in range(60):
        store.scores.add(
            "b2b", [scored(f"L{number % 7}", number * 13 % 100, START + DAY * (number * 5 % 11), key=str(number))]
        )
    for one in store.standings.page("b2b").items:
        newest = store.scores.latest("b2b", one.lead_id)
        assert (one.score, one.scored_at, one.band) == (newest.score, newest.at, newest.band)


def test_what_a_lead_is_called_follows_its_record_and_only_where_it_has_none_its_score(store):
    store.scores.add("b2b", [scored("A", 30, fields={"company_name": "Old name"})])
    assert store.standings.get("b2b", "A").name == "Old name"
    known = {"company_name": "Acme", "owner": "Vera", "industry": "Retail", "sentiment": "7.5", "call_at": "2026-03-02"}
    store.leads.record("b2b", [LeadRecord("A", known, START)])
    store.scores.add("b2b", [scored("A", 40, START + DAY, fields={"company_name": "Another"})])
    one = store.standings.get("b2b", "A")
    assert (one.name, one.owner, one.industry, one.score) == ("Acme", "Vera", "Retail", 40)
    store.leads.record("b2b", [LeadRecord("A", {"company_name": "What it was"}, START - DAY)])
    assert store.standings.get("b2b", "A").name == "Acme", "a record of an earlier time changes nothing that holds"
    assert store.standings.get("b2b", "A").came_at == START - DAY
    store.leads.record("b2b", [LeadRecord("A", {"company_name": "Acme SE"}, START + 2 * DAY)])
    assert store.standings.get("b2b", "A").name == "Acme SE"


def test_pages_go_on_where_the_one_before_ended_among_equal_scores(store):
    store.scores.add("b2b", [scored(f"L{number:02}", 50 + number // 5, START + number * DAY) for number in range(23)])
    for order in ("score", "newest"):
        seen, after = [], None
        while True:
            page = store.standings.page("b2b", order=order, after=after, limit=4)
            seen += [(one.score, one.lead_id) for one in page.items]
            if (after := page.next) is None:
                break
        assert len(seen) == len(set(seen)) == 23
        assert order == "newest" or [score for score, _ in seen] == sorted((score for score, _ in seen), reverse=True)
    with pytest.raises(StoreError, match="listing's"):
        store.standings.page("b2b", after=store.standings.page("b2b", order="newest", limit=2).next)


def test_leads_are_narrowed_and_found_by_words_in_any_case(store):
    rows = [("A", "Größe & Söhne", "Vera", 90), ("B", "100% Pure_Food", "", 40), ("C", "Acme", "Ole", 85)]
    for lead, company, owner, score in rows:
        store.leads.record("b2b", [LeadRecord(lead, {"company_name": company, "owner": owner, "city": "Łódź"})])
        store.scores.add("b2b", [scored(lead, score)])
    store.outcomes.add("b2b", [LeadOutcome("o", "A", "won", 0, START)])

    def found(**said):
        return [one.lead_id for one in store.standings.page("b2b", Narrowing(**said)).items]

    assert found(search="GRÖSSE") == found(search="sÖhne größe") == ["A"]
    assert found(search="100%") == found(search="pure_") == ["B"]
    assert found(search="e_") == ["B"], "a sign that stands for anything stands for itself here"
    assert found(search="łódź") == ["A", "C", "B"]
    assert found(owners=("",)) == ["B"]
    assert found(bands=("hot",), open_target="won") == ["C"]
    assert found(lowest=86) == ["A"]
    assert store.standings.choices("b2b", "owner") == (("", 1), ("Ole", 1), ("Vera", 1))
    assert [one[0] for one in store.sums.find("b2b", "acme")] == ["C"]


def test_what_is_erased_or_forgotten_stands_nowhere(store, clock):
    store.leads.record("b2b", [LeadRecord("A", {"company_name": "Acme", "email": "ann@acme.example"})])
    store.scores.add("b2b", [scored("A", 90), scored("B", 70, fields={"company_name": "Beta"})])
    clock.go(seconds=10)
    store.scores.add("b2b", [scored("A", 80, START + DAY), scored("C", 60, START + DAY)])
    store.forget_older_than("scores", START + timedelta(seconds=5), who="a test")
    assert [one.lead_id for one in store.standings.page("b2b").items] == ["A", "C"]
    assert sum(one.leads for one in store.sums.ends("b2b", "won", (), within_days=None, now=START)) == 1
    store.erasures.erase_person(who="a test", email="ann@acme.example")
    assert [one.lead_id for one in store.standings.page("b2b").items] == ["C"]
    assert store.standings.get("b2b", "A") is None


def test_won_leads_are_counted_by_the_outcome_that_held_when_their_time_was_over(store):
    for number, lead in enumerate("ABCDE"):
        store.scores.add("b2b", [scored(lead, 90 if number < 3 else 20, START, probability=0.5)])
    told = [("A", 1, 2), ("A", 0, 40), ("B", 1, 3), ("B", 0, 4), ("D", 1, 29.99)]
    store.outcomes.add(
        "b2b", [LeadOutcome(f"{lead}{days}", lead, "won", value, START + days * DAY) for lead, value, days in told]
    )
    store.events.add("b2b", [Event("e1", "E", "not_worked", START + DAY)])
    ends = {
        one.by[0]: one
        for one in store.sums.ends(
            "b2b", "won", ("band",), within_days=30, now=START + 31 * DAY, idle=("not_worked", "worked")
        )
    }
    assert (ends["hot"].leads, ends["hot"].settled, ends["hot"].won) == (3, 3, 1), (
        "what came later than its time counts not"
    )
    assert (ends["cold"].leads, ends["cold"].settled, ends["cold"].won) == (2, 1, 1), "nobody worked E"
    assert ends["hot"].expected == pytest.approx(1.5)
    early = store.sums.ends("b2b", "won", (), within_days=30, now=START + 10 * DAY)
    assert [one.settled for one in early] == [0]
    at_once = store.sums.ends("b2b", "won", (), within_days=None, now=START)
    assert [(one.settled, one.won) for one in at_once] == [(3, 1)]


def test_sums_over_time_are_by_the_day_of_utc(store):
    for number in range(4):
        at = START.replace(hour=23, minute=30) + number * timedelta(hours=1)
        known = {"call_at": at.isoformat(), "sentiment": number, "next_meeting_set": number % 2 == 0}
        store.leads.record("b2b", [LeadRecord(f"L{number}", known, at)])
        store.scores.add("b2b", [scored(f"L{number}", 70 + 10 * number, at), scored(f"L{number}", 1, at, arm=SHADOW)])
    since, until = START - DAY, START + 5 * DAY
    today, tomorrow = START.date(), START.date() + DAY
    came = {one.day: one for one in store.sums.came("b2b", since, until, high="hot")}
    assert {day: (one.leads, one.high) for day, one in came.items()} == {today: (1, 0), tomorrow: (3, 3)}
    calls = {one.day: one for one in store.sums.calls("b2b", since, until)}
    assert (calls[tomorrow].calls, calls[tomorrow].sentiment.total) == (3, 6)
    assert (calls[tomorrow].follow_up, calls[tomorrow].follow_up_known) == (1, 3)
    assert store.sums.scores_by_day("b2b", since, until) == {today: 1, tomorrow: 3}
    assert store.sums.scores_by_day("b2b", START.replace(hour=23, minute=45), until) == {
        date.fromisoformat(str(tomorrow)): 3
    }
    assert store.sums.scores("b2b", since, until) == 4
    assert store.sums.hours("b2b", since, until) == {23: 1, 0: 1, 1: 1, 2: 1}
    bins = {(band, twentieth): count for band, _, _, twentieth, count in store.sums.spread("b2b")}
    assert bins == {("cold", 14): 1, ("hot", 16): 1, ("hot", 18): 1, ("hot", 19): 1}


def test_companies_are_told_by_their_best_lead_and_industries_by_how_many_leads_they_have(store):
    rows = [
        ("A", "Acme", "Retail", 90),
        ("B", "Acme", "Retail", 40),
        ("C", "Beta", "Retail", 95),
        ("D", "Gamma", "Energy", 90),
    ]
    for lead, company, industry, score in rows:
        store.scores.add("b2b", [scored(lead, score, fields={"company": company, "industry": industry})])
    store.scores.add("b2b", [scored("E", 99)])
    best = store.sums.groups("b2b", "company", high="hot", most=2, best_first=True)
    assert [(one.by, one.best, one.score.count, one.high) for one in best] == [("Beta", 95, 1, 1), ("Acme", 90, 2, 1)]
    assert store.sums.best_leads("b2b", "company", {one.by: one.best for one in best}) == {"Beta": "C", "Acme": "A"}
    most = store.sums.groups("b2b", "industry", high="hot", most=9, best_first=False)
    assert [(one.by, one.score.total) for one in most] == [("Retail", 225), ("Energy", 90)]


def test_leads_that_nobody_touched_are_counted(store):
    store.scores.add("b2b", [scored(lead, 90) for lead in "ABCD"])
    store.outcomes.add("b2b", [LeadOutcome("o", "A", "won", 1, START)])
    store.feedback.add("b2b", [Feedback("f", "B", "view")])
    store.events.add("b2b", [Event("e", "C", "opened", START)])
    assert store.sums.untouched("b2b", "hot", START - DAY) == 1
    assert set(store.sums.touched("b2b", list("ABCD"))) == {"B", "C"}


def test_a_store_from_before_has_the_same_standings_after_its_step(new_address):
    store = open_store(new_address(), now=Clock())
    store.leads.record(
        "b2b", [LeadRecord("A", {"company_name": "Acme", "call_at": "2026-03-02T09:00:00+00:00"}, START)]
    )
    store.leads.record("b2b", [LeadRecord("N", {"title": "No score"}, START)])
    store.scores.add("b2b", [scored("A", 90), scored("A", 20, START + DAY, probability=0.1)])
    store.scores.add("b2b", [scored("B", 60, fields={"company_name": "Beta"}), scored("C", 1, arm=SHADOW)])
    query = text("SELECT * FROM lead_standings ORDER BY playbook, lead_id")
    with store._connections.read() as connection:
        before = [row[1:] for row in connection.execute(query)]
    store.downgrade("0012")
    store.migrate()
    with store._connections.read() as connection:
        after = [row[1:] for row in connection.execute(query)]
    assert after == before
    assert [row[1] for row in after] == ["A", "B", "N"]
    store.close()
