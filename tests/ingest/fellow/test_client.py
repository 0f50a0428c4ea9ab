"""The client, against the local Fellow over HTTP."""

import http.server
import logging
import threading
import time
import traceback
from datetime import datetime

import pytest
from tests.fellow_for_tests import client_of, local_fellow

from leadloop.errors import SourceError, SourceUnavailable
from leadloop.ingest.fellow.account import make_account
from leadloop.ingest.fellow.client import CursorRefused, Fellow
from leadloop.ingest.fellow.lists import ACTION_ITEMS, NOTES, RECORDINGS
from leadloop.ingest.fellow.pace import Tokens
from leadloop.testing.fellow.server import KEY

NOT_TO_BE_SEEN = "k-8d1f5c2e9b7a4630"
ALL = {NOTES: ("event_attendees", "content_markdown"), ACTION_ITEMS: (), RECORDINGS: ("transcript", "ai_notes")}


def everything(client, listing, **more):
    pages = client.pages(listing, include=ALL[listing], **more)
    return [item for page in pages for item in page.items]


@pytest.mark.parametrize(
    "quirks",
    [{}, {"cursor_past_end": True}, {"cursor_past_end": True, "same_cursor": True}],
    ids=["as documented", "a cursor past the end", "the same cursor again"],
)
def test_a_list_comes_whole_and_once_and_ends_however_fellow_ends_it(quirks):
    with local_fellow(60, **quirks).serve() as local, client_of(local) as client:
        for listing in ALL:
            for size in (7, 20, 50):
                asked = len(local.asked)
                found = everything(client, listing, page_size=size)
                held = getattr(local.library, listing.name)
                assert sorted(one["id"] for one in found) == sorted(held)
                assert len(local.asked) - asked <= len(held) // size + 2
        assert all(one["transcript"] is not None for one in found if one["ai_notes"])


def test_what_is_asked_for_by_its_update_is_what_comes():
    with local_fellow(60).serve() as local, client_of(local) as client:
        times = sorted(datetime.fromisoformat(one["updated_at"]) for one in local.library.recordings.values())
        moment = times[40]
        found = everything(client, RECORDINGS, filters={"updated_at_start": moment})
        assert len(found) == 20
        assert all(datetime.fromisoformat(one["updated_at"]) >= moment for one in found)


def test_a_key_that_fellow_would_silently_not_read_is_refused_here_and_all_at_once():
    with local_fellow(30).serve() as local, client_of(local) as client:
        asked = len(local.asked)
        with pytest.raises(SourceError) as refused:
            client.page(RECORDINGS, page_size=51, filters={"updated_start": 1, "title": ""}, include=("transcripts",))
        assert [one.where for one in refused.value.problems] == ["page_size", "updated_start", "title", "transcripts"]
        assert "updated_at_start" in refused.value.problems[1].mend
        assert len(local.asked) == asked, "nothing was sent"


def test_the_limit_is_kept_to_the_request_by_all_threads_together():
    with local_fellow(30, rate_limited=True).serve() as local:
        pace, asked = Tokens(3), []

        def ask():
            with client_of(local, pace=pace, wait=time.sleep) as client:
                asked.extend(client.me() for _ in range(5))

        began = time.monotonic()
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(asked) == 10
        assert local.meter.refused == 0
        assert local.meter.most_in_a_second() <= 3
        assert time.monotonic() - began >= 3.0


def test_whoever_is_asked_too_often_is_given_the_time_that_it_asks_for_or_ever_longer_ones():
    for retry_after, wanted in ((2, [2.0]), (None, [0.75])):
        with local_fellow(30, rate_limited=True, per_second=1, retry_after=retry_after).serve() as local:
            waited = []

            def wait(seconds, waited=waited):
                waited.append(seconds)
                time.sleep(1.05)  # as long as the local Fellow needs to forget

            with client_of(local, wait=wait, dice=lambda: 0.5) as client:
                client.me()
                client.me()
            assert waited == wanted
            assert local.meter.refused == 1


def test_whoever_asks_for_too_long_a_rest_is_asked_another_time():
    with (
        local_fellow(30, rate_limited=True, per_second=1, retry_after=3_600).serve() as local,
        client_of(local) as client,
    ):
        client.me()
        with pytest.raises(SourceUnavailable, match="3,600 seconds"):
            client.me()


def test_what_breaks_off_or_fails_is_asked_for_again_and_nothing_is_missing():
    with local_fellow(60, fail_every=3, break_off_every=4).serve() as local, client_of(local) as client:
        for listing in ALL:
            found = everything(client, listing, page_size=10)
            assert sorted(one["id"] for one in found) == sorted(getattr(local.library, listing.name))


def test_what_fails_again_and_again_is_told_as_trouble_and_not_as_a_mistake():
    waited = []
    with local_fellow(30, fail_every=1).serve() as local, client_of(local, wait=waited.append) as client:
        with pytest.raises(SourceUnavailable, match="answers 500"):
            client.page(RECORDINGS)
        assert len(local.asked) == 6
        assert len(waited) == 5
        assert all(later > earlier for earlier, later in zip(waited[::2], waited[2::2], strict=False))
        url = local.url
    gone = Fellow(make_account("loopline", KEY, url=url), pace=Tokens(99), wait=waited.append)
    with gone as client, pytest.raises(SourceUnavailable, match="cannot be reached"):
        client.me()


def test_what_makes_something_new_is_sent_once_only():
    with local_fellow(30, fail_every=1).serve() as local, client_of(local) as client:
        with pytest.raises(SourceUnavailable):
            client.subscribe("http://127.0.0.1:9/hook", ["ai_note.generated"])
        assert [path for _, path, _ in local.asked] == ["/api/v1/webhook"]


def test_a_wrong_subdomain_answers_with_a_page_and_is_told_as_that_whatever_its_status():
    for status in (404, 200):
        with local_fellow(30, wrong_host=status).serve() as local:
            wrong = make_account("nobody", KEY, url=local.url.replace("127.0.0.1", "localhost"))
            with Fellow(wrong) as client, pytest.raises(SourceError, match="HTML page"):
                client.page(RECORDINGS)


def test_what_is_not_there_is_nothing_and_an_id_that_can_be_none_is_never_sent():
    with local_fellow(30).serve() as local, client_of(local) as client:
        number = next(iter(local.library.recordings))
        assert client.recording(number)["transcript"] is not None or not client.recording(number)["ai_notes"]
        note = local.library.recordings[number]["note_id"]
        assert client.note(note)["event_attendees"] == local.library.notes[note]["event_attendees"]
        assert client.note("nosuchnote") is None
        asked = len(local.asked)
        for wrong in ("../me", "a/b", "", "a" * 65, "note?x=1", "é"):
            with pytest.raises(SourceError):
                client.note(wrong)
        assert len(local.asked) == asked


def test_a_cursor_that_is_not_known_any_more_is_told_apart():
    with local_fellow(30).serve() as local, client_of(local) as client, pytest.raises(CursorRefused):
        client.page(RECORDINGS, "bm8gY3Vyc29y")


def test_a_redirect_is_not_followed_and_the_key_stays_here():
    seen = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/stolen")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        account = make_account("loopline", KEY, url=f"http://127.0.0.1:{server.server_port}")
        with Fellow(account) as client, pytest.raises(SourceError, match="another address"):
            client.me()
        server.shutdown()
    assert seen == ["/api/v1/me"]


@pytest.mark.parametrize(
    ("headers", "body", "error", "told"),
    [
        ({}, b'{"a":' + b"[" * 100_000, SourceError, "nested deeper"),
        ({"Content-Encoding": "gzip"}, b"no gzip at all", SourceUnavailable, "DecodingError"),
        ({"Date": "Mon, 31 Dec 9999 23:59:59 -2359"}, b'{"recordings": {"data": {"0": 1}}}', SourceError, "the list"),
        ({"Content-Type": "text/html"}, b"<html>", SourceError, "HTML page"),
        ({}, b"[]", SourceError, "no object"),
        (
            {},
            b'{"recordings": {"data": [1, null, "x", {"id": 7}], "page_info": {"cursor": {}, "page_size": -1}}}',
            None,
            "",
        ),
        ({}, b'{"recordings": {"data": [], "page_info": 3}}', None, ""),
    ],
    ids=["deep", "no gzip", "date", "html", "list", "odd types", "odd info"],
)
def test_whatever_is_answered_is_taken_or_told_of_in_words(headers, body, error, told):
    class Odd(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response_only(200)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        account = make_account("loopline", KEY, url=f"http://127.0.0.1:{server.server_port}")
        with Fellow(account, pace=Tokens(99), wait=lambda seconds: None) as client:
            if error is None:
                assert client.page(RECORDINGS).next is None
            else:
                with pytest.raises(error, match=told):
                    client.page(RECORDINGS)
        server.shutdown()


def test_whoever_waits_hears_why():
    heard = []
    with local_fellow(30, fail_every=2).serve() as local, client_of(local, tell=heard.append) as client:
        for _ in range(3):
            client.me()
    assert heard
    assert all("asked again in" in one and "answers 500" in one for one in heard)


def test_the_key_is_in_no_log_no_error_no_traceback_and_no_text_of_any_object(caplog):
    caplog.set_level(logging.DEBUG)
    told = []
    with local_fellow(30).serve() as local:
        client = client_of(local, key=NOT_TO_BE_SEEN, wait=lambda seconds: None)
        told += [
            repr(client),
            str(client.account),
            repr(client.account.key),
            repr(vars(client)),
            repr(client._http.headers),
        ]
        urls = [local.url, local.url.replace("127.0.0.1", "localhost"), "http://127.0.0.1:9"]
        for url in urls:
            with Fellow(make_account("loopline", NOT_TO_BE_SEEN, url=url), wait=lambda seconds: None) as asking:
                try:
                    asking.me()
                except SourceError as error:
                    told.append(str(error))
                    told.append(
                        "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
                    )
                    told.append(repr(vars(error)))
        assert local.meter.arrivals == [], "a wrong key is not even counted"
    assert len(told) == 5 + 3 * len(urls)
    assert NOT_TO_BE_SEEN not in caplog.text + "".join(told)
    with pytest.raises(SourceError) as refused:
        make_account("loopline", NOT_TO_BE_SEEN + "\n")
    assert NOT_TO_BE_SEEN not in str(refused.value)


def test_an_address_that_would_show_the_key_to_others_is_refused():
    for url in (
        "http://acme.fellow.app",
        "ftp://127.0.0.1",
        "https://ann:pw@acme.fellow.app",
        "https://x.example/path",
    ):
        with pytest.raises(SourceError):
            make_account("acme", KEY, url=url)
    for subdomain in ("", "evil.com/", "a b", "-a", "a" * 64, "acme.fellow.app"):
        with pytest.raises(SourceError):
            make_account(subdomain, KEY)


def test_more_than_a_day_allows_is_not_asked():
    day = ["2026-11-22"]
    with (
        local_fellow(30).serve() as local,
        client_of(local, pace=Tokens(99, per_day=3, today=lambda: day[0])) as client,
    ):
        for _ in range(3):
            client.me()
        with pytest.raises(SourceUnavailable, match="3 times today"):
            client.me()
        assert len(local.asked) == 3
        day[0] = "2026-11-23"
        assert client.me()["user"]
