"""From recordings in Fellow to scored leads by workers in processes of their own, without a hand."""

from collections import Counter

import pytest
from tests.fellow_for_tests import local_fellow, workspace_of
from tests.flows.sync.syncs_for_tests import all_scores, do_jobs, require_whole

from leadloop.flows.work.jobs import SYNC, SYNC_HEALTH, ask_for
from leadloop.flows.work.worker import Worker


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(30, id="30 calls", marks=pytest.mark.long),
        pytest.param(500, id="500 calls", marks=pytest.mark.long),
    ],
)
def test_recordings_become_scored_leads_and_an_edit_is_scored_once_more(tmp_path, calls):
    with local_fellow(calls, rate_limited=calls > 100).serve() as local:
        place = workspace_of(local, tmp_path / "workspace")
        if calls > 100:  # at Fellow's own pace
            settings = place.root / "leadloop.toml"
            settings.write_text(settings.read_text().replace("per_second = 100", "per_second = 3"))

        def work(by_workers=True):
            number = ask_for(place, SYNC, "b2b_calls", {}, who="test")
            if not by_workers:  # the same, in this process: starting others takes time
                return next(result for kind, result in do_jobs(place) if kind == "sync")
            Worker(place).run(until_idle=True)
            job = place.store.jobs.get(number)
            assert job.state == "done", job.error
            return job.result

        first = work()
        require_whole(place, local)
        leads = {lead.lead_id for lead in place.store.leads.stream("b2b_calls")}
        assert len(leads) == first["leads_new"] > 0.7 * calls
        assert Counter(one.lead_id for one in all_scores(place)) == dict.fromkeys(leads, 1)
        with_reasons = sum(bool(one.card["reasons"]) for one in all_scores(place))
        assert with_reasons > 0.6 * len(leads), "of a few calls nothing was written down that a rule knows"
        rows = place.store.row_counts()
        again = work(calls > 100)
        assert (again["leads_new"], again["leads_changed"]) == (0, 0)
        after = place.store.row_counts()
        assert {name for name in rows if rows[name] != after[name]} <= {"jobs"}
        call = next(one for one in local.library.truths.values() if one.lead and one.lead["call_notes"])
        said = {"title": "Summary", "type": "STANDARD", "content": "They will sign on Friday. The budget is approved."}
        local.library.edit(
            "recordings", call.recording_id, ai_notes=[{"id": "x", "is_active": True, "sections": [said]}]
        )
        edited = work(calls > 100)
        assert (edited["leads_new"], edited["leads_changed"]) == (0, 1)
        assert len(place.store.source_records.versions("fellow", "recording", call.recording_id)) == 2
        _, lead_id = place.store.source_records.lead_of("fellow", "recording", call.recording_id)
        scores = Counter(one.lead_id for one in all_scores(place))
        assert scores == {**dict.fromkeys(leads, 1), lead_id: 2}
        assert local.meter.refused == 0
        if calls > 100:
            assert local.meter.most_in_a_second() <= 3
        ask_for(place, SYNC_HEALTH, "b2b_calls", {}, who="test")
        assert do_jobs(place)[0][1]["healthy"] is True
        print(f"{calls} calls: {len(leads)} leads, {len(local.meter.arrivals)} requests, {sum(scores.values())} scores")
        place.store.close()
