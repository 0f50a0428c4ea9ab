"""From a recording in Fellow to a lead that is enriched, scored and told of, by workers and without a hand."""

from collections import Counter

import pytest
from tests.fellow_for_tests import local_fellow, workspace_of
from tests.flows.notify.receivers_for_tests import Receiver

from leadloop.flows.notify.endpoints import add_webhook
from leadloop.flows.work.jobs import ENRICH, SYNC, ask_for
from leadloop.flows.work.worker import Worker
from leadloop.testing.websites import WebsiteFarm, make_site

NAME = "b2b_calls"


@pytest.mark.parametrize(
    "calls", [pytest.param(10, id="10 calls"), pytest.param(500, id="500 calls", marks=pytest.mark.long)]
)
def test_a_call_becomes_a_lead_that_is_enriched_scored_and_told_and_an_edit_is_scored_once_more(tmp_path, calls):
    receiver = Receiver()
    with local_fellow(calls, rate_limited=False).serve() as local:
        truths = [one.lead for one in local.library.truths.values() if one.lead and one.lead["domain"]]
        farm = WebsiteFarm([make_site(lead) for lead in truths])
        with farm.serve() as port:
            place = workspace_of(local, tmp_path / "workspace")
            settings = place.root / "leadloop.toml"
            more = f'websites_at = "127.0.0.1:{port}"\nwebhook_origins = ["{receiver.origin}"]\n'
            settings.write_text(settings.read_text() + more, encoding="utf-8")
            (place.root / "enrich.toml").write_text("[website]\ndelay_seconds = 0\n", encoding="utf-8")
            receiver.secret = add_webhook(place, receiver.url, types=["lead.scored"], who="ada").secret

            def work(kind):
                number = ask_for(place, kind, NAME, {}, who="test")
                Worker(place).run(until_idle=True)
                job = place.store.jobs.get(number)
                assert job.state == "done", job.error
                return job.result

            work(SYNC)
            leads = {lead.lead_id for lead in place.store.leads.stream(NAME)}
            enriched = work(ENRICH)
            assert enriched["failed"] == enriched["put_off"] == enriched["waiting"] == 0
            changed = enriched["changed"]
            assert changed > 0.6 * len(leads)
            told = Counter(one["data"]["lead_id"] for one in receiver.taken.values())
            assert sum(told.values()) == len(leads) + changed
            again = work(SYNC)
            assert (again["leads_new"], again["leads_changed"]) == (0, 0)
            assert work(ENRICH)["looked"] == 0
            with_site = {
                lead.lead_id: lead for lead in place.store.leads.stream(NAME) if lead.fields.get("website_text")
            }
            assert len(with_site) == changed
            recording, lead_id = next(
                (one.recording_id, known[1])
                for one in local.library.truths.values()
                if (known := place.store.source_records.lead_of("fellow", "recording", one.recording_id))
                and known[1] in with_site
            )
            said = {"title": "Summary", "type": "STANDARD", "content": "They sign on Friday. The budget is approved."}
            local.library.edit("recordings", recording, ai_notes=[{"id": "x", "is_active": True, "sections": [said]}])
            before = len(place.store.leads.versions(NAME, lead_id))
            assert work(SYNC)["leads_changed"] == 1
            assert work(ENRICH)["looked"] == 0, "what was found stays with the lead"
            assert len(place.store.leads.versions(NAME, lead_id)) == before + 1
            assert place.store.leads.get(NAME, lead_id).fields["website_text"]
            after = Counter(one["data"]["lead_id"] for one in receiver.taken.values())
            assert after - told == {lead_id: 1}
            assert (receiver.forged, receiver.repeated) == (0, 0)
            print(
                f"{calls} calls: {len(leads)} leads, {changed} enriched from {sum(farm.pages.values())} pages, "
                f"{sum(after.values())} scores told"
            )
            place.store.close()
    receiver.close()
