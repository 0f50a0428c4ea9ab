"""Every page in a real browser: what a person does there is kept, nothing that leads say is obeyed, and everybody can read it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from tests.dashboard.hostile_for_tests import HOSTILE, OBEYED

pytestmark = pytest.mark.browser

TODAY = ("overview", "work", "lead", "what-if")
STUDY = ("trends", "qualification", "performance", "experiments", "feedback", "data", "governance")
_FIRST = "C-9-0000"


def is_clean(guest) -> bool:
    """Whether nothing ran that a page should not run, and nothing was made of what leads say."""
    assert guest.seen.dialogs == []
    assert guest.seen.elsewhere == []
    assert guest.page.query_selector_all(OBEYED) == []
    assert "Traceback" not in guest.text
    assert guest.page.query_selector_all('[data-testid="stException"]') == []
    return True


def test_nobody_sees_a_lead_without_a_good_key(visitor):
    guest = visitor()
    guest.page.goto(f"{guest.address}/lead?lead={_FIRST}")
    assert guest.page.is_visible("#key")
    assert "Works" not in guest.text
    guest.page.fill("#key", "ll_wrong")
    guest.page.click("button[type=submit]")
    assert guest.page.is_visible("[role=alert]")
    assert guest.grave_faults() == []


def test_a_rep_finds_a_lead_reads_why_overrides_its_score_and_tells_how_it_ended_and_it_counts(visitor, shown):
    rep = visitor("rep")
    rep.visit("work")
    search = rep.page.get_by_role("textbox", name="Search")
    name = shown.place.store.leads.get("shop", _FIRST).fields["company_name"]
    search.fill(name)
    search.press("Enter")
    rep.settle()
    rep.page.get_by_role("link", name=re.compile("Works")).first.click()
    rep.settle()
    assert name in rep.text
    assert rep.page.get_by_text("Visits is", exact=False).count() > 0 or "visits" in rep.text.casefold()
    rep.picture("rep-lead")
    rep.page.get_by_role("tab", name="Another score").click()
    rep.page.get_by_role("textbox", name="Why").first.fill("They told me that the budget is approved.")
    rep.page.get_by_role("button", name="Override the score").click()
    rep.settle()
    rep.sees("Kept: your score")
    rep.page.get_by_role("tab", name="How it ended").click()
    rep.page.get_by_text("reached", exact=True).first.click()
    rep.page.get_by_role("button", name="Keep the outcome").click()
    rep.settle()
    rep.sees("Kept: won reached")
    store = shown.place.store
    assert [one.value for one in store.outcomes.of_lead("shop", _FIRST)] == [1.0]
    assert "rate" in {one.feedback.action_type for one in store.feedback.page("shop", lead_id=_FIRST).items}
    rep.visit("work")
    assert name not in rep.text, "what has ended is on no list of open leads"
    analyst = visitor("analyst")
    analyst.visit("feedback")
    assert _FIRST in analyst.text or name in analyst.text or "rate" in analyst.text.casefold()


def test_a_rep_sees_the_pages_of_today_and_no_others(visitor):
    rep = visitor("rep")
    links = {
        one.get_attribute("href").rsplit("/", 1)[-1]
        for one in rep.page.query_selector_all('[data-testid="stSidebarNavLink"]')
    }
    assert not links & set(STUDY)
    rep.visit("governance")
    assert "Audit" not in rep.text


@pytest.mark.parametrize("role", [pytest.param("analyst", marks=pytest.mark.long), "admin"])
def test_every_page_is_shown_and_obeys_nothing_that_leads_say(visitor, role):
    guest = visitor(role)
    for path in (*TODAY, *STUDY):
        guest.visit(path)
        assert is_clean(guest), path
        assert guest.page.query_selector("h1") is not None, path
        guest.picture(f"{role}-{path}")


def test_hostile_texts_stand_on_the_lead_page_as_they_were_written_and_none_runs(visitor):
    guest = visitor("admin")
    guest.visit("lead?lead=X-all&playbook=shop")
    for tab in ("History", "Calls", "What is known", "Course"):
        guest.page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        guest.settle()
        assert is_clean(guest), tab
    for number in (16, 34, 50):
        guest.visit(f"lead?lead=X-{number:02}&playbook=shop")
        assert is_clean(guest)
        assert " ".join(HOSTILE[number].split())[:20] in guest.text


def test_the_exported_list_holds_no_formula(visitor, tmp_path):
    guest = visitor("analyst")
    guest.visit("work")
    with guest.page.expect_download() as given:
        guest.page.get_by_role("button", name="CSV").click()
    path = Path(tmp_path / "list.csv")
    given.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 60
    live = [
        cell for row in rows for cell in row.values() if cell[:1] in tuple("=+@\t\r＝＋＠") or re.match(r"-\D", cell)
    ]
    assert live == []


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_read_and_use_every_page(visitor, scheme, width):
    guest = visitor("admin", scheme=scheme, width=width, height=844)
    found = {}
    for path in (*TODAY, *STUDY, f"lead?lead={_FIRST}&playbook=shop"):
        guest.visit(path)
        guest.picture(f"{scheme}-{width}-{path.split('?')[0]}{'-one' if '?' in path else ''}")
        if faults := guest.grave_faults():
            found[path] = faults
        wide = guest.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{path} is wider than the screen"
    assert found == {}


def test_the_lead_page_and_the_work_list_have_no_grave_fault(visitor):
    guest = visitor("rep")
    for path in ("work", f"lead?lead={_FIRST}&playbook=shop"):
        guest.visit(path)
        assert guest.grave_faults() == [], path


@pytest.mark.long
def test_none_of_sixty_hostile_texts_runs_on_any_lead_page_or_list(visitor):
    guest = visitor("admin")
    for number in range(60):
        guest.visit(f"lead?lead=X-{number:02}&playbook=shop")
        assert is_clean(guest), HOSTILE[number]
    guest.visit("work")
    for _ in range(8):
        assert is_clean(guest)
        further = guest.page.get_by_role("button", name="Further ones")
        if further.is_disabled():
            break
        further.click()
        guest.settle()
    for number, text in enumerate(HOSTILE):
        guest.visit("work")
        search = guest.page.get_by_role("textbox", name="Search")
        search.fill(text)
        search.press("Enter")
        guest.settle()
        assert is_clean(guest), number
