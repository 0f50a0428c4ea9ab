"""Take the pictures of the dashboard that the docs show: a workspace of synthetic leads, a real browser, small files.

    python -m scripts.screenshots

It needs the extras `train` and `dashboard`, Playwright's client, and Chromium (CHROMIUM names it where it is not on the path).
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import load, read_rows
from leadloop.flows.scoring.score_rows import score_row
from leadloop.flows.simulate import simulate
from leadloop.flows.training.train import train
from leadloop.flows.upkeep.keeping import keep_leads
from leadloop.flows.watch.asked import ask_check

PLAYBOOK, LEADS, DAYS = "b2b_calls", 2_600, 380
IMAGES = Path(__file__).parents[1] / "docs" / "images"
PICTURES = (
    ("overview", "overview", 1280, 720, "light"),
    ("work", "work-list", 1280, 860, "light"),
    ("lead?lead={lead}", "lead", 1280, 900, "light"),
    ("qualification", "qualification", 1280, 820, "dark"),
    ("performance", "performance", 1280, 860, "light"),
    ("work", "phone", 390, 844, "dark"),
)
"""The page, the picture's name, how large it is, and its colours."""


def make_workspace(root: Path) -> str:
    """A workspace of synthetic leads that came over a year until now, scored as they came; the best open lead."""
    place, now = Workspace(root), datetime.now(UTC)
    folder = root / "synthetic"
    simulate(PLAYBOOK, folder, leads=LEADS, days=float(DAYS), start=(now - timedelta(days=DAYS)).date().isoformat())
    keep_leads(PLAYBOOK, folder / "leads.csv", workspace=place)
    train(PLAYBOOK, folder / "leads.csv", workspace=place, promote=True, time_budget=5)
    trained, playbook = load(PLAYBOOK, workspace=place), read_playbook(PLAYBOOK).playbook
    known = playbook.scoring_schema.by_name
    best = (-1.0, "")
    leads = [one for one in place.store.leads.stream(PLAYBOOK) if one.at < now]
    for start in range(0, len(leads), 500):
        some = leads[start : start + 500]
        fields = [{name: value for name, value in one.fields.items() if name in known} for one in some]
        cards = trained.score(read_rows(trained, fields))
        rows = [
            score_row(
                f"first:{one.lead_id}", playbook, card, held, lead_id=one.lead_id, at=one.at + timedelta(minutes=3)
            )
            for one, held, card in zip(some, fields, cards, strict=True)
        ]
        place.store.scores.add(PLAYBOOK, rows)
        best = max(best, *((row.score, row.lead_id) for row in rows if row.at > now - timedelta(days=40)), best)
    ask_check(PLAYBOOK, workspace=place)
    return best[1]


def take(root: Path, lead: str) -> None:
    """Start the dashboard over a workspace and take every picture."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [sys.executable, "-m", "leadloop", "dashboard", "--port", str(port), "--workspace", str(root)]
    server = subprocess.Popen(command)
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        with sync_playwright() as player:
            chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
            browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for path, name, width, height, theme in PICTURES:
                size: Any = {"width": width, "height": height}
                page = browser.new_context(viewport=size, color_scheme=theme).new_page()
                page.goto(f"http://127.0.0.1:{port}/{path.format(lead=lead)}")
                page.wait_for_selector("[data-testid=stMainBlockContainer] h1", timeout=60_000)
                for _ in range(200):
                    if not page.locator(
                        "[data-testid=stStatusWidget], [data-testid=stSpinner], [data-testid=stSkeleton]"
                    ).count():
                        break
                    page.wait_for_timeout(200)
                page.wait_for_timeout(2_000)
                _save(page.screenshot(), IMAGES / f"dashboard-{name}.png")
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def _save(content: bytes, to: Path) -> None:
    """A picture in few colours, which is a third of its size and looks the same."""
    from PIL import Image

    picture = Image.open(io.BytesIO(content)).convert("RGB").quantize(96, dither=Image.Dither.NONE)
    to.parent.mkdir(parents=True, exist_ok=True)
    picture.save(to, optimize=True)
    print(f"{to.name}: {to.stat().st_size / 1024:.0f} KB")


def _wait(address: str) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"{address} does not answer")


def main() -> None:
    """Make the workspace (or take the one named) and the pictures."""
    if len(sys.argv) > 1:
        named = Path(sys.argv[1])
        found = Workspace(named).store.scores.page(PLAYBOOK, limit=1, newest_first=True).items
        take(named, found[0].lead_id)
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "workspace"
        take(root, make_workspace(root))


if __name__ == "__main__":
    main()
