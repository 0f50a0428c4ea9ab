"""One dashboard with leads to work on, and one browser, for all tests of pages."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import polars as pl
import pytest
from tests.dashboard.browser_for_tests import Visitor, find_chromium, open_browser
from tests.dashboard.hostile_for_tests import HOSTILE

from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score_stored import score_stored
from leadloop.flows.training.train import train
from leadloop.store import Event, Feedback, LeadOutcome, LeadRecord

PLAYBOOK = "shop"
TOML = """
name = "shop"
description = "Companies that asked for an offer."
moments = ["intake", "outcome"]
scores_at = "intake"
lead_id = "id"
synthetic = true

[order]
by = "field"
field = "number"

[targets.won]
column = "won"
positive = ["yes"]

[training]
learners = ["logistic regression"]
min_leads = 100
min_positives = 20
trials = 1

[fields.id]
type = "id"

[fields.number]
type = "number"
use = false

[fields.company_name]
type = "text"
use = false

[fields.contact_name]
type = "text"
use = false

[fields.ae_name]
type = "category"
use = false

[fields.industry]
type = "category"

[fields.source]
type = "category"

[fields.visits]
type = "number"
actionable = true

[fields.call_notes]
type = "text"
use = false

[fields.won]
type = "boolean"
known_at = "outcome"
"""
_OWNERS, _INDUSTRIES = ("Vera Keller", "Jonas Brandt", "Mira Sato"), ("Software", "Retail", "Finance", "Energy")
_TEXTS = ("company_name", "contact_name", "ae_name", "industry", "source", "call_notes")


@dataclass(frozen=True)
class Shown:
    """A dashboard that runs, and what it is of."""

    address: str
    place: Workspace
    keys: dict[str, str]
    """A key of each role."""


def make_companies(count: int, seed: int) -> pl.DataFrame:
    """Companies that asked for an offer, of which more are won the more they visited, and of some industries."""
    draw = np.random.default_rng(seed)
    visits = draw.gamma(2.0, 3.0, count)
    industry = draw.integers(0, len(_INDUSTRIES), count)
    won = draw.random(count) < 1 / (1 + np.exp(2.0 - 0.3 * visits - np.array([1.0, 0.0, 0.4, -0.8])[industry]))
    return pl.DataFrame(
        {
            "id": [f"C-{seed}-{number:04}" for number in range(count)],
            "number": [str(number) for number in range(count)],
            "company_name": [f"{_INDUSTRIES[place]} Works {number}" for number, place in enumerate(industry)],
            "contact_name": [f"Kim Lee {number}" for number in range(count)],
            "ae_name": [_OWNERS[number % 3] for number in range(count)],
            "industry": [_INDUSTRIES[place] for place in industry],
            "source": ["Google" if one else "Trade fair" for one in draw.random(count) < 0.6],
            "visits": [f"{one:.1f}" for one in visits],
            "call_notes": ["Kim: We love it. What does it cost?\nAE: I will send you an offer."] * count,
            "won": ["yes" if one else "no" for one in won],
        }
    )


def fill(place: Workspace) -> None:
    """Forty companies, of which some have outcomes, feedback and a second score; and sixty leads that hold hostile texts."""
    store, now = place.store, datetime.now(UTC)
    rows = make_companies(40, seed=9).drop("won").to_dicts()
    leads = [LeadRecord(row["id"], row, now - timedelta(days=20 - number / 4)) for number, row in enumerate(rows)]
    store.leads.record(PLAYBOOK, leads, source="import")
    hostile = [
        LeadRecord(
            f"X-{number:02}",
            {
                **{name: HOSTILE[(number + step) % 60] for step, name in enumerate(_TEXTS)},
                "id": f"X-{number:02}",
                "visits": "3",
            },
            now - timedelta(days=2),
        )
        for number in range(60)
    ]
    every = {"id": "X-all", "company_name": "Hostile Notes", "visits": "4", "call_notes": "\n".join(HOSTILE)}
    store.leads.record(PLAYBOOK, [*hostile, LeadRecord("X-all", every, now)], source=HOSTILE[0])
    score_stored(place, PLAYBOOK, run="first", days=0)
    changed = {**rows[0], "visits": "19"}
    store.leads.record(PLAYBOOK, [LeadRecord(rows[0]["id"], changed, now - timedelta(hours=1))], source="crm")
    score_stored(place, PLAYBOOK, run="second", lead_ids=[rows[0]["id"]])
    now = datetime.now(UTC)  # what becomes of a lead comes after its score
    outcomes = [LeadOutcome(f"o{number}", rows[number]["id"], "won", number % 2, now, "crm") for number in range(5, 15)]
    outcomes += [LeadOutcome(f"x{number}", "X-all", "won", 0, now, text) for number, text in enumerate(HOSTILE)]
    store.outcomes.add(PLAYBOOK, outcomes)
    said = [
        Feedback(f"f{number}", "X-all", "view", session_id=text, user_agent=text) for number, text in enumerate(HOSTILE)
    ]
    store.feedback.add(PLAYBOOK, [*said, Feedback("c1", rows[6]["id"], "contact", contact_successful=True)])
    happened = [Event(f"e{number}", "X-all", text, now, {"reason": text}) for number, text in enumerate(HOSTILE)]
    store.events.add(PLAYBOOK, happened)
    for number, text in enumerate(HOSTILE[:12]):
        store.alerts.add(
            "source", playbook=PLAYBOOK, about=str(number), severity="warning", title=text, text=text, mend=text
        )
    store.quarantine.hold(PLAYBOOK, HOSTILE[16], evidence={"why": HOSTILE[17]}, who=HOSTILE[18], why=HOSTILE[19])
    store.audit.add(HOSTILE[20], "look", {"said": HOSTILE[21]})


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a trained playbook, leads and scores."""
    root = tmp_path_factory.mktemp("shop")
    folder = root / PLAYBOOK
    folder.mkdir()
    (folder / "playbook.toml").write_text(TOML, encoding="utf-8")
    make_companies(600, seed=1).write_csv(root / "past.csv")
    train(folder, root / "past.csv", workspace=root)
    place = Workspace(root)
    fill(place)
    return place


@pytest.fixture(scope="session")
def shown(shop: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The dashboard of that workspace, in a process of its own, with a key for each role."""
    pytest.importorskip("streamlit", reason="the extra `dashboard` is not installed")
    roles = {"rep": "feedback", "analyst": "analyst", "admin": "admin"}
    keys = {
        name: shop.store.keys.issue(role, f"{name} {HOSTILE[1]}"[:200], who="a test").text
        for name, role in roles.items()
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("dashboard") / "log.txt").open("w+", encoding="utf-8")
    command = [sys.executable, "-m", "leadloop", "dashboard", "--port", str(port), "--workspace", str(shop.root)]
    server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=shop.root, env=_environment())
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health", server, Path(log.name))
        yield Shown(f"http://127.0.0.1:{port}", shop, keys)
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _environment() -> dict[str, str]:
    source = str(Path(__file__).parents[2] / "src")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the dashboard does not answer: {log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    if find_chromium() is None:
        why = "there is no Chromium on this machine: install one (Debian: apt-get install chromium), or name it in CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with open_browser() as opened:
        yield opened


NewVisitor = Callable[..., Visitor]


@pytest.fixture
def visitor(browser: Any, shown: Shown) -> Iterator[NewVisitor]:
    """Makes visitors: signed in with a role's key, with a window of some size, by day or by night."""
    contexts = []

    def come(role: str = "", *, width: int = 1280, height: int = 900, scheme: str = "light") -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            accept_downloads=True,
            reduced_motion="reduce",
        )
        contexts.append(context)
        guest = Visitor(context, shown.address)
        if role:
            guest.sign_in(shown.keys[role])
        return guest

    yield come
    for context in contexts:
        context.close()
