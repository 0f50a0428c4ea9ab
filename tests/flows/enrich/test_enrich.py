"""Leads of the queue are enriched, best worth first, each exactly once, and just those that changed are scored anew.

TEST_KILLS says how often the last test kills (2 by default).
"""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from tests.store.stores_for_tests import make_score

from leadloop.enrich.enricher import Fact, Found
from leadloop.errors import LeadLoopError, Problem, StoreUnavailable
from leadloop.flows.enrich.enrich import enrich
from leadloop.flows.enrich.providers import read_providers
from leadloop.flows.enrich.queue import backlog, export_queue, fill_queue, playbook_of
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.worker import Worker
from leadloop.outbound.connection import Unreachable
from leadloop.store import LeadRecord
from leadloop.testing.websites import WebsiteFarm, make_sites

KILLS = int(os.environ.get("TEST_KILLS", "2"))
NAME = "b2b_calls"
needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "leadloop.toml").write_text('fallback = ["rules"]\njob_lease_seconds = 1.0\n', encoding="utf-8")
    opened = Workspace(tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
def farm():
    farm = WebsiteFarm(make_sites(40, seed=11))
    with farm.serve() as farm.port:
        yield farm


def bring(place, sites, **more):
    """Leads of companies, of which nothing but name and site is known."""
    records = [
        LeadRecord(f"L-{number:03}", {"company_name": one.truth["company_name"], "domain": one.domain, **more})
        for number, one in enumerate(sites)
    ]
    place.store.leads.record(NAME, records, source="form")
    return [record.lead_id for record in records]


def at_farm(place, farm, *, delay=0.0):
    settings = place.root / "leadloop.toml"
    settings.write_text(settings.read_text() + f'websites_at = "127.0.0.1:{farm.port}"\n', encoding="utf-8")
    (place.root / "enrich.toml").write_text(f"[website]\ndelay_seconds = {delay}\n", encoding="utf-8")


class Known:
    """A provider that knows what it is told."""

    gives, days = frozenset({"industry", "employees"}), 30.0

    def __init__(self, facts, *, name="known", cost=0.0, trouble=None):
        self.facts, self.name, self.cost, self.trouble = facts, name, cost, trouble
        self.asked = []

    def key(self, company):
        return company.domain

    def find(self, company):
        self.asked.append(company.domain)
        if self.trouble:
            raise self.trouble
        return Found({name: Fact(value, "a list") for name, value in self.facts.get(company.domain, {}).items()})


def run(place, providers=None, **more):
    return enrich(place, NAME, holder="test", providers=providers, **more)


def test_leads_are_enriched_from_their_websites_and_scored_anew_by_a_job(place, farm):
    at_farm(place, farm)
    ids = bring(place, list(farm.sites.values()))
    done = run(place)
    assert (done.looked, done.changed, done.waiting) == (len(ids), len(ids), 0)
    lead = place.store.leads.get(NAME, ids[0])
    truth = next(iter(farm.sites.values())).truth
    assert (lead.version, lead.source) == (2, "enrich: website")
    assert lead.fields["company_name"] == truth["company_name"]
    assert str(truth["website_text"] or "")[:20] in lead.fields["website_text"].replace("\n", " ")
    (facts,) = place.store.enrichment.facts(NAME, [ids[0]])[ids[0]]
    assert facts.facts["website_text"]["source"].startswith(f"http://{truth['domain']}/")
    assert Worker(place).run(until_idle=True) == len(done.jobs) == 1
    scores = list(place.store.scores.stream(NAME))
    assert sorted(one.lead_id for one in scores) == ids
    assert scores[0].fields["website_text"]
    asked = sum(farm.pages.values())
    again = run(place)
    assert (again.looked, again.jobs, sum(farm.pages.values())) == (0, (), asked), "a second time nothing is asked"


def test_stopped_in_its_middle_it_gives_back_what_it_held_and_goes_on_later(place, farm):
    at_farm(place, farm)
    ids = bring(place, list(farm.sites.values()))
    told = []

    def stop(note, share):
        told.append(note)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(place, keep=stop)
    before = int(told[-1].split()[0])
    assert told[-1].startswith(f"{before} of {len(ids)} leads")
    assert before >= 3, "several are looked up at once, and two may be told of together"
    assert not any(one.holder for one in place.store.enrichment.stream(NAME))
    done = run(place)
    assert done.looked == len(ids) - before
    assert {len(place.store.leads.versions(NAME, lead)) for lead in ids} == {2}


def test_only_what_is_missing_is_filled_in_and_nothing_of_others_is_written_over(place):
    place.store.leads.record(
        NAME,
        [
            LeadRecord("L-1", {"domain": "acme.example", "industry": "Banking"}),
            LeadRecord("L-2", {"domain": "acme.example", "industry": "n/a", "employees": ""}),
            LeadRecord("L-3", {"domain": "other.example"}),
            LeadRecord("L-4", {"company_name": "Nameless"}),
            LeadRecord("L-5", {"domain": "odd.example"}),
        ],
    )
    facts = {"industry": "SaaS", "employees": "50-100", "shoe_size": "44"}
    known = Known({"acme.example": facts, "odd.example": {"employees": "very many", "industry": "Travel"}})
    done = run(place, [known])
    held = {one.lead_id: one.fields for one in place.store.leads.stream(NAME)}
    assert held["L-1"] == {"domain": "acme.example", "industry": "Banking", "employees": "50-100"}
    assert held["L-2"] == {"domain": "acme.example", "industry": "SaaS", "employees": "50-100"}
    assert held["L-5"] == {"domain": "odd.example", "industry": "Travel"}, "what cannot be read would cost the score"
    assert (done.changed, done.nothing) == (3, 1)
    assert sorted(known.asked) == ["acme.example", "odd.example", "other.example"], "a company is asked about once"
    assert sorted(place.store.enrichment.changed(NAME)) == []
    (job,) = done.jobs
    assert place.store.jobs.get(job).payload["lead_ids"] == ["L-1", "L-2", "L-5"]


def test_what_was_filled_in_is_put_back_without_asking_where_a_source_overwrote_it(place):
    place.store.leads.record(NAME, [LeadRecord("L-1", {"domain": "acme.example"})])
    known = Known({"acme.example": {"industry": "SaaS", "employees": "70"}})
    run(place, [known])
    place.store.leads.record(NAME, [LeadRecord("L-1", {"domain": "acme.example", "call_notes": "Hello"})])
    done = run(place, [known])
    assert (done.changed, len(known.asked)) == (1, 1)
    assert place.store.leads.get(NAME, "L-1").fields["industry"] == "SaaS"
    assert run(place, [known]).looked == 0


def test_those_come_first_for_whom_it_is_worth_most(place):
    sure, hopeless = (0.9, 0.89, 0.91), (0.05, 0.04, 0.06)
    standings = {"in doubt": (0.5, 0.2, 0.8), "sure": sure, "sure too": sure, **{f"no {n}": hopeless for n in range(7)}}
    leads = [*standings, "never scored"]
    records = [LeadRecord(lead, {"domain": f"{lead.replace(' ', '-')}.example"}) for lead in leads]
    place.store.leads.record(NAME, records)

    def score(key, lead, said):
        told = dict(zip(("probability", "probability_low", "probability_high"), said, strict=True))
        place.store.scores.add(NAME, [make_score(key, lead, **told)])

    for lead, said in standings.items():
        score(f"s-{lead}", lead, said)
    known, playbook = Known({}), playbook_of(place, NAME)
    filled = fill_queue(place, playbook, [known])
    assert (filled.looked, filled.came, filled.waiting) == (11, 11, 11)
    order = [one.lead_id for one in place.store.enrichment.best(NAME)]
    assert order[:4] == ["sure", "sure too", "in doubt", "never scored"]
    assert run(place, [known], most=2, fill=False).looked == 2
    assert set(known.asked) == {"sure.example", "sure-too.example"}
    score("later", order[-1], (0.85, 0.5, 1.0))
    fill_queue(place, playbook, [known])
    assert place.store.enrichment.best(NAME)[0].lead_id == order[-1], "the order follows the scores"


def test_the_cheap_are_asked_first_and_nobody_beyond_the_budget(place):
    place.store.leads.record(NAME, [LeadRecord(f"L-{n}", {"domain": f"c{n}.example"}) for n in range(6)])
    cheap = Known({f"c{n}.example": {"industry": "SaaS", "employees": "5"} for n in range(3)}, name="cheap")
    dear = Known({f"c{n}.example": {"industry": "SaaS", "employees": "5"} for n in range(6)}, name="dear", cost=2.0)
    done = run(place, [cheap, dear], budget=4.5)
    assert (len(cheap.asked), len(dear.asked), done.cost) == (6, 2, 4.0)
    assert done.changed == 5
    assert not set(dear.asked) & {"c0.example", "c1.example", "c2.example"}


def test_trouble_puts_a_lead_off_and_a_refusal_gives_it_up_until_somebody_asks_again(place):
    place.store.leads.record(NAME, [LeadRecord("L-1", {"domain": "down.example"})])
    down = Known({}, trouble=Unreachable("down.example", Problem("host", "is down")))
    assert run(place, [down]).put_off == 1
    (one,) = place.store.enrichment.best(NAME)
    assert (one.attempts, one.note) == (1, "known: host is down")
    assert run(place, [down]).looked == 0, "not before its time"
    place.store.leads.record(NAME, [LeadRecord("L-2", {"domain": "no.example"})])
    never = Known({}, trouble=LeadLoopError("no", Problem("address", "is private")))
    assert run(place, [never]).failed == 1
    assert run(place, [never]).looked == 0
    fill_queue(place, playbook_of(place, NAME), [never], lead_ids=["L-2"], again=True)
    assert run(place, [never], fill=False).looked == 1
    with pytest.raises(LeadLoopError, match="L-9"):
        fill_queue(place, playbook_of(place, NAME), [never], lead_ids=["L-9"])


def test_a_mistake_about_one_company_stops_no_other_and_a_database_that_is_away_gives_nobody_up(place):
    place.store.leads.record(NAME, [LeadRecord(f"L-{n}", {"domain": f"c{n}.example"}) for n in range(3)])

    class Mistaken(Known):
        def find(self, company):
            if company.domain == "c1.example":
                raise ValueError("Exceeds the limit (4300 digits) of what this page told in secret")
            return super().find(company)

    known = Mistaken({f"c{n}.example": {"industry": "SaaS"} for n in range(3)})
    done = run(place, [known])
    assert (done.changed, done.put_off) == (2, 1)
    (one,) = place.store.enrichment.best(NAME)
    assert (one.lead_id, one.note, one.attempts) == ("L-1", "known: made a mistake (ValueError)", 1)
    place.store.leads.record(NAME, [LeadRecord("L-9", {"domain": "c9.example"})])
    away = Known({}, trouble=StoreUnavailable("store", Problem("database", "is away")))
    with pytest.raises(StoreUnavailable):
        run(place, [away])
    assert place.store.enrichment.counts(NAME)["waiting"] == 2
    assert not any(one.holder for one in place.store.enrichment.stream(NAME))


def test_the_queue_is_written_as_a_table_and_a_long_one_is_told_of(place, tmp_path):
    place.store.leads.record(
        NAME, [LeadRecord(f"L-{n:03}", {"domain": f"c{n}.example", "company_name": "=cmd()"}) for n in range(60)]
    )
    known = Known({"c7.example": {"industry": "SaaS"}})
    playbook = playbook_of(place, NAME)
    fill_queue(place, playbook, [known])
    assert backlog(place) == {NAME: 60}
    run(place, [known], most=20, fill=False)
    assert backlog(place) == {}
    assert export_queue(place, playbook, tmp_path / "progress.csv") == 60
    rows = list(csv.DictReader((tmp_path / "progress.csv").open(encoding="utf-8")))
    assert Counter(row["state"] for row in rows) == {"waiting": 40, "done": 20}
    assert {row["company_name"] for row in rows} == {"'=cmd()"}
    assert [row["filled"] for row in rows if row["domain"] == "c7.example"] in (["industry"], [""])


def test_a_file_of_providers_is_refused_with_everything_that_is_wrong(place):
    (place.root / "list.csv").write_text("colour\nred\n", encoding="utf-8")
    (place.root / "enrich.toml").write_text(
        '[website]\npages = 99\nagent = "x"\n[csv.list]\nfile = "list.csv"\n[http.a]\nurl = "https://{domain}/"\n'
        'facts = { industry = "x" }\n[http.b]\nfacts = 3\n[plugin.nobody]\n[smell]\n',
        encoding="utf-8",
    )
    with pytest.raises(LeadLoopError) as refused:
        read_providers(place)
    where = [problem.where for problem in refused.value.problems]
    http = ["http.a.url", "http.b.facts", "http.b"]
    assert where == ["website.pages", "website.agent", "csv.list", *http, "plugin.nobody", "smell"]
    (place.root / "enrich.toml").write_text(
        '[http.a]\nurl = "https://api.example.com/{domain}"\nheaders = { Key = "{key}" }\nkey_env = "NOT_SET_ANYWHERE"\n'
        'facts = { industry = "x" }\n',
        encoding="utf-8",
    )
    with pytest.raises(LeadLoopError, match="key_env"):
        read_providers(place)


def test_websites_are_looked_for_elsewhere_only_on_this_machine(place):
    settings = place.root / "leadloop.toml"
    settings.write_text('websites_at = "10.0.0.1:80"\n', encoding="utf-8")
    with pytest.raises(LeadLoopError, match="of this machine"):
        read_providers(place)


def test_two_that_enrich_at_once_share_the_leads(place, farm):
    at_farm(place, farm)
    ids = bring(place, list(farm.sites.values()))
    fill_queue(place, playbook_of(place, NAME), read_providers(place))
    found = []
    both = [
        threading.Thread(target=lambda name=name: found.append(enrich(place, NAME, holder=name, fill=False)))
        for name in ("a", "b")
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(one.changed for one in found) == len(ids)
    assert all(len(place.store.leads.versions(NAME, lead)) == 2 for lead in ids)


SCRIPT = """
import sys
from pathlib import Path
from leadloop.flows.enrich.enrich import enrich
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.jobs import new_holder
print("begun", flush=True)
enrich(Workspace(Path(sys.argv[1])), "b2b_calls", holder=new_holder(), seconds=1.0)
"""


@needs_posix
@pytest.mark.parametrize("kills", [KILLS, pytest.param(50, marks=pytest.mark.long)])
def test_however_often_it_is_killed_no_lead_is_lost_or_done_twice(place, kills):
    farm = WebsiteFarm(make_sites(20 + 8 * kills, seed=13), slow_seconds=0.02)
    dice = random.Random(kills)
    with farm.serve() as farm.port:
        at_farm(place, farm)
        ids = bring(place, list(farm.sites.values()))
        killed = 0
        for number in range(kills * 3):
            child = subprocess.Popen([sys.executable, "-c", SCRIPT, str(place.root)], stdout=subprocess.PIPE)
            child.stdout.readline()
            time.sleep(0.15 + dice.random() * (1.0 if number else 0.6))
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                killed += 1
            child.wait()
            child.stdout.close()
            if killed == kills:
                break
        time.sleep(1.1)
        run(place)
    asked = [
        lead for job in place.store.jobs.page(kind="score_leads", limit=1_000).items for lead in job.payload["lead_ids"]
    ]
    versions = {lead: len(place.store.leads.versions(NAME, lead)) for lead in ids}
    states = place.store.enrichment.counts(NAME)
    print(json.dumps({"killed": killed, "leads": len(ids), "states": states, "pages": sum(farm.pages.values())}))
    assert killed >= min(kills, 2)
    assert set(versions.values()) == {2}, "a lead is enriched once"
    assert Counter(asked) == Counter(ids), "each is scored anew once"
    assert states == {"done": len(ids)}
