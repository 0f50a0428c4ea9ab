"""Jobs through the client: files that are sent, scored and fetched, over a network that fails."""

import asyncio
import io
import os
import threading

import polars as pl
import pytest
from tests.client.faulty_proxy_for_tests import CLOSE, SWALLOW, answer
from tests.leads_for_tests import make_cells

from leadloop.client import AsyncClient, Client, Conflict, NotFound, NotUnderstood, Unavailable
from leadloop.errors import DataError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work.worker import Worker

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers are stopped by POSIX's signals")


@pytest.fixture
def work(running):
    """Does what waits, beside the test; waits for that."""
    threads = []

    def begin():
        place = Workspace(running.service.workspace.root)

        def run():
            Worker(place).run(until_idle=True)
            place.store.close()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield begin
    for one in threads:
        one.join(60)


@pytest.fixture
def leads(tmp_path):
    """Fifty leads in a file, of which one cannot be read."""
    cells = make_cells(50, seed=8)[0].drop("won").with_columns(visits=pl.Series(["many", *["3"] * 49]))
    cells.write_csv(tmp_path / "leads.csv")
    return tmp_path / "leads.csv"


def test_a_file_is_sent_waited_for_and_fetched(client, work, leads, tmp_path):
    job = client.send_file("tiny", leads, output="parquet", reasons=False)
    assert (job.kind, job.state, job.is_over, job.bytes) == ("score", "waiting", False, leads.stat().st_size)
    with pytest.raises(TimeoutError, match="is waiting"):
        client.wait("tiny", job.id, seconds=0.2, every=0.05)
    with Client(client._base_url, retries=0) as stranger, pytest.raises(Exception, match="401"):
        stranger.job("tiny", job.id)
    work()
    seen = []
    done = client.wait("tiny", job.id, seconds=60, every=0.05, progress=seen.append)
    assert (done.state, done.progress, done.error) == ("done", 1, None)
    assert seen[-1] == done
    assert (done.result["scored"], done.result["rejected"]) == (49, 1)
    path = client.result("tiny", job.id, tmp_path / "scores.parquet")
    assert pl.read_parquet(path).height == 49
    assert "many" in client.rejects("tiny", job.id, str(tmp_path / "rejects.csv")).read_text(encoding="utf-8")
    assert {one.name for one in tmp_path.iterdir()} == {"leads.csv", "scores.parquet", "rejects.csv"}
    assert job.id in {one.id for one in client.jobs("tiny", state="done", page_size=1)}
    with pytest.raises(Conflict):
        client.cancel("tiny", job.id)


@pytest.mark.parametrize("fault", [CLOSE, SWALLOW, answer(503)])
def test_a_file_whose_sending_failed_is_sent_again_from_its_beginning_and_asked_for_once(
    through, client, proxy, leads, fault
):
    before = len(list(client.jobs("tiny")))
    proxy.faults.append(fault)
    with leads.open("rb") as file:
        job = through.send_file("tiny", file)
    assert len(list(client.jobs("tiny"))) == before + 1
    assert job.bytes == leads.stat().st_size
    assert len(set(proxy.headers("idempotency-key"))) == 1
    assert len(proxy.seen) == 2
    assert client.cancel("tiny", job.id).state == "cancelled"


class Pipe(io.BytesIO):
    """What can be read only once."""

    def seekable(self):
        return False


def test_what_can_be_read_only_once_is_sent_only_once(through, client, proxy, leads):
    proxy.faults.append(answer(503))
    with pytest.raises(Unavailable):
        through.send_file("tiny", Pipe(leads.read_bytes()), name="leads.csv")
    assert len(proxy.seen) == 1
    job = client.send_file("tiny", Pipe(leads.read_bytes()), name="leads.csv")
    assert job.bytes == leads.stat().st_size
    client.cancel("tiny", job.id)


def test_what_cannot_be_sent_is_said_before_anything_is(through, proxy, tmp_path):
    with pytest.raises(FileNotFoundError):
        through.send_file("tiny", tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="ending says what the file is"):
        through.send_file("tiny", io.BytesIO(b"id"))
    with pytest.raises(TypeError, match="mode 'rb'"):
        through.send_file("tiny", io.StringIO("id"), name="leads.csv")
    assert proxy.seen == []


def test_a_result_that_is_not_there_leaves_no_file(client, tmp_path):
    with pytest.raises(NotFound):
        client.result("tiny", 10**9, tmp_path / "scores.csv")
    assert list(tmp_path.iterdir()) == []


def test_stored_leads_are_scored_and_a_training_is_told_how(client, work, new_id):
    lead_id = new_id()
    client.keep_leads("tiny", [{"id": lead_id, "visits": 3}])
    job = client.score_stored("tiny", days=0)
    work()
    assert client.wait("tiny", job.id, seconds=60, every=0.05).state == "done"
    assert len(list(client.scores("tiny", lead_id=lead_id))) == 1
    with pytest.raises(NotUnderstood, match="trials"):
        client.train("tiny", trials=0)
    asked = client.train("tiny", promote=False, trials=3)
    assert (asked.kind, asked.arguments["trials"], asked.arguments["promote"]) == ("train", 3, False)
    assert client.cancel("tiny", asked.id).state == "cancelled"


def test_the_other_client_does_the_same(running, work, leads, tmp_path):
    async def ask():
        async with AsyncClient(running.url, running.keys["admin"]) as client:
            with leads.open("rb") as file:
                job = await client.send_file("tiny", file)
            work()
            seen = []
            done = await client.wait("tiny", job.id, seconds=60, every=0.05, progress=seen.append)
            path = await client.result("tiny", job.id, tmp_path / "scores.csv")
            rejected = await client.rejects("tiny", job.id, tmp_path / "rejects.csv")
            listed = [one.id async for one in client.jobs("tiny", page_size=2)]
            return done, seen, pl.read_csv(path).height, rejected.read_text(encoding="utf-8"), listed

    done, seen, height, rejected, listed = asyncio.run(ask())
    assert (done.state, height) == ("done", 49)
    assert seen[-1] == done
    assert "many" in rejected
    assert done.id in listed
