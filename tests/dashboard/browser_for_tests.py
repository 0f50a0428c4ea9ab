"""A real Chromium for the tests of pages: it is the system's own, and only the program that talks to it comes with the tests."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHOWN = Path(os.environ.get("LEADLOOP_SCREENSHOTS", ".build/screenshots"))
"""Where pictures of pages are kept, to be looked at."""
AXE = files("axe_playwright_python").joinpath("axe.min.js")
GRAVE = ("serious", "critical")
_NOT_OURS = [['[data-testid="stSidebarNav"]']]
"""The list of pages, which Streamlit draws by itself: it puts headings between the items of a list."""


def find_chromium() -> str | None:
    """The system's Chromium, or the one that `CHROMIUM` names; none where there is none."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def open_browser() -> Iterator[Any]:
    """The browser, without a window; closed afterwards."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"]
        browser = player.chromium.launch(executable_path=find_chromium(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Seen:
    """What a browser did while pages were shown that no page may do."""

    dialogs: list[str] = field(default_factory=list)
    """What scripts said in a dialog."""
    errors: list[str] = field(default_factory=list)
    """What went wrong in a script of the page."""
    elsewhere: list[str] = field(default_factory=list)
    """Addresses of other machines that were asked."""


class Visitor:
    """Somebody at a browser, with one window."""

    def __init__(self, context: Any, address: str) -> None:
        self.address = address
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)  # a busy machine draws slowly
        self.seen = Seen()
        host = urlsplit(address).netloc
        self.page.on("dialog", self._note_dialog)
        self.page.on("pageerror", lambda error: self.seen.errors.append(str(error)))
        self.page.on(
            "request",
            lambda asked: (
                self.seen.elsewhere.append(asked.url)
                if urlsplit(asked.url).netloc not in (host, "") and not asked.url.startswith(("data:", "blob:"))
                else None
            ),
        )

    def _note_dialog(self, dialog: Any) -> None:
        self.seen.dialogs.append(dialog.message)
        dialog.dismiss()

    def sign_in(self, key: str) -> None:
        """Sign in with a key, at the page that asks for it."""
        self.page.goto(self.address)
        self.page.fill("#key", key)
        self.page.click("button[type=submit]")
        self.settle()

    def visit(self, path: str) -> None:
        """Go to a page, and wait until it is whole."""
        self.page.goto(f"{self.address}/{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until the page is drawn and nothing on it is being worked out."""
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached")
        self.page.wait_for_function(
            '() => !document.querySelector(\'[data-stale="true"], [data-testid="stSkeleton"]\')'
        )
        # A page that was asked to be drawn again begins with a moment of rest.
        self.page.wait_for_timeout(150)
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached")

    def sees(self, text: str) -> None:
        """Wait until this stands on the page: a click is answered when the server has done what was asked."""
        self.page.get_by_text(text).first.wait_for(state="visible", timeout=30_000)
        self.settle()

    @property
    def text(self) -> str:
        """What stands on the page, as people read it: without the signs that only keep programs from making links of it."""
        return re.sub("[\u2060\u200b]", "", self.page.inner_text("body"))

    def picture(self, name: str) -> Path:
        """Keep a picture of the whole page."""
        SHOWN.mkdir(parents=True, exist_ok=True)
        path = SHOWN / f"{name}.png"
        self.page.screenshot(path=str(path), full_page=True, animations="disabled")
        return path

    def grave_faults(self) -> list[str]:
        """What keeps people from reading or using the page, as far as axe-core finds it: serious and critical findings."""
        return find_grave_faults(self.page)


def find_grave_faults(page: Any) -> list[str]:
    """The serious and critical findings of axe-core on a page, each with where it is."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("(others) => axe.run({exclude: others}, {resultTypes: ['violations']})", _NOT_OURS)
    return [
        f"{one['id']}: {one['help']} at {' | '.join(str(node['target']) for node in one['nodes'][:3])}"
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]
