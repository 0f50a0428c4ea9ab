"""The page is complete in itself, readable by everyone, and shows data as text."""

import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.learning.report.simulated_report import simulate_report

from leadloop.learning.report.outline import MOST_ROWS, Pictures, Table, Words, outline
from leadloop.learning.report.page import render_html
from leadloop.learning.report.report import BandLine, FindingLine, ImportanceLine, LeftOut, MemberLine
from leadloop.learning.report.words import answer, judge

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, text by element, and whether everything is closed."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.elements if name in attrs]

    def text(self, *tags):
        return " ".join(data for tag, data in self.texts if not tags or tag in tags)


@pytest.fixture(scope="module")
def report():
    return simulate_report()


@pytest.fixture(scope="module")
def source(report):
    return render_html(report)


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


def test_the_page_loads_nothing_and_runs_nothing(source, page):
    assert not {"script", "link", "iframe", "img", "object", "embed", "form"} & {tag for tag, _ in page.elements}
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on") or name == "src"]
    assert all(target.startswith("#") for target in page.attributes("href"))
    assert not re.search(r"url\(|@import", source)
    assert set(re.findall(r"https?://[^\"'\s<]+", source)) == {"http://www.w3.org/2000/svg"}


def test_the_same_report_gives_the_same_page(source):
    assert render_html(simulate_report()) == source


def test_ids_are_unique_and_everything_that_is_pointed_at_exists(page):
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    wanted = {target[1:] for target in page.attributes("href")}
    wanted |= {name for names in page.attributes("aria-labelledby") for name in names.split()}
    assert wanted <= set(ids)


def test_headings_go_down_one_step_at_a_time_from_a_single_first(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_page_has_a_language_and_fits_a_phone_and_follows_dark_mode_and_paper(source, page):
    assert ("html", {"lang": "en"}) in page.elements
    assert 'name="viewport" content="width=device-width,initial-scale=1"' in source
    assert "@media(prefers-color-scheme:dark)" in source
    assert "@media screen and (max-width:760px)" in source
    assert "@media print" in source


def test_it_opens_with_the_verdict_and_an_answer_in_plain_words(report, page):
    first_section = next(place for place, (tag, _) in enumerate(page.texts) if tag == "h2" and place > 8)
    opening = " ".join(data.strip() for _, data in page.texts[:first_section])
    assert judge(report).words in opening
    assert " ".join(answer(report)) in opening


def test_everything_in_the_outline_is_on_the_page(report, page):
    seen = page.text()
    for section in outline(report):
        assert section.title in seen
        for part in section.parts:
            if isinstance(part, Words):
                assert part.text in seen
            if isinstance(part, Table):
                for row in part.rows:
                    assert all(cell in seen for cell in row)
            if isinstance(part, Pictures):
                assert all(f"{name}-title" in page.attributes("id") for name in part.names)


def test_every_measure_stands_beside_its_interval_and_every_baseline(report):
    table = next(part for part in outline(report)[0].parts if isinstance(part, Table))
    assert table.headings[:6] == ("measure", "scores", "95% interval", "majority", "prior", "rules")
    auc = report.measure("AUC")
    assert table.rows[0][:6] == (
        "AUC",
        f"{auc.value:.3f}",
        f"{auc.low:.3f} to {auc.high:.3f}",
        "0.500",
        "0.500",
        f"{auc.baselines['rules']:.3f}",
    )
    assert table.caption == "2,772 test leads, 341 won (12%); time split."


def test_every_table_keeps_its_meaning_when_it_turns_into_cards(page):
    tables = sum(tag == "table" for tag, _ in page.elements)
    assert tables == sum(attrs.get("role") == "table" for _, attrs in page.elements)
    for tag, role in (("tr", "row"), ("td", "cell"), ("th", None)):
        for attrs in (attrs for each, attrs in page.elements if each == tag):
            assert attrs["role"] == role if role else attrs["role"] in ("columnheader", "rowheader")
    assert all(attrs.get("data-label") for tag, attrs in page.elements if tag == "td")


def test_a_changed_base_rate_is_a_warning_on_the_page():
    page = Page(render_html(simulate_report(train_rate=0.46)))
    assert "12% instead of 46%" in page.text("p")
    assert [attrs for _, attrs in page.elements if attrs.get("class") == "warning"]


def test_a_band_won_less_often_than_the_one_below_is_a_warning(report):
    hot, warm, *others = report.bands
    bands = (replace(hot, observed=warm.observed - 0.05), warm, *others)
    assert "“warm” was won more often than “hot” above it" in render_html(replace(report, bands=bands))
    assert "above it: the order failed" not in render_html(report)


def test_a_band_far_from_its_share_is_a_warning(report):
    hot, *others = report.bands
    assert "“hot” held 31% of the test leads instead of 10%" in render_html(
        replace(report, bands=(replace(hot, share=0.31), *others))
    )


def test_synthetic_data_is_said_in_the_title_on_top_and_with_every_picture():
    source = render_html(simulate_report(synthetic=True))
    page = Page(source)
    assert "Synthetic data" in page.text("title")
    assert source.index('class="banner"') < source.index("<h1>")
    captions = re.findall(r"<figcaption.*?</figcaption>", source, re.S)
    assert len(captions) == 12
    assert all("Synthetic data." in caption for caption in captions)


def test_real_data_is_not_called_synthetic(source):
    assert "ynthetic" not in source


EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'"


def test_whatever_the_data_says_is_shown_and_never_run(report):
    hostile = replace(
        report,
        playbook=EVIL,
        target=EVIL,
        version=EVIL,
        made_at=EVIL,
        data=replace(report.data, sources=(EVIL,), fingerprint=EVIL),
        split=replace(report.split, kind=EVIL, how=EVIL, train=replace(report.split.train, first=EVIL, last=EVIL)),
        measures=tuple(replace(m, baselines={EVIL: 0.4}, meaning=EVIL) for m in report.measures),
        members=(MemberLine(EVIL, 1.0, 0.7, 0.3, 1.0, EVIL),),
        calibration=EVIL,
        interval_note=EVIL,
        importance=(ImportanceLine(EVIL, 3.0, EVIL),),
        bands=(BandLine(EVIL, 80, 0.5, 0.5, 9, 0.2, 0.2, 0.1, 0.3, EVIL), *report.bands),
        findings=(FindingLine(EVIL, EVIL, EVIL, EVIL, "used", EVIL),),
        left_out=(LeftOut(EVIL, EVIL),),
        guesses=((EVIL, EVIL),),
        notes=(EVIL,),
        seconds={EVIL: 1.0},
        environment={EVIL: EVIL},
    )
    page = Page(render_html(hostile))
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    # Shown letter for letter: each place above at least once.
    assert page.text().count("<script>alert(1)</script>") >= 25


def test_a_wide_file_stays_small_and_folds_what_few_will_read(report):
    wide = replace(
        report,
        importance=tuple(ImportanceLine(f"field number {n}", 99.0 - n, "more raises the score") for n in range(85)),
        left_out=tuple(LeftOut(f"other field {n}", "the same value on every line") for n in range(120)),
        guesses=tuple((f"field number {n}", "is a number with thousands apart") for n in range(85)),
    )
    source = render_html(wide)
    assert len(source.encode()) < 600_000
    assert f"{120 - MOST_ROWS} more fields" in source
    assert f"{85 - MOST_ROWS} more guesses" in source
    assert all(f"other field {n}<" in source for n in range(120))


def test_the_time_is_the_total_and_not_the_sum_of_total_and_stages(report):
    page = Page(render_html(replace(report, seconds={"total": 50.0, "CPU": 52.7, "reading": 1.5})))
    assert "50.0 s by the clock, 52.7 s of the processor; longest by the clock: reading 1.5 s" in page.text()


def test_an_empty_report_says_what_is_missing_instead_of_failing(report):
    nothing = simulate_report(base=-30.0, leads=60)
    bare = replace(
        nothing, members=(), importance=(), bands=(), findings=(), left_out=(), guesses=(), notes=(), seconds={}
    )
    page = Page(render_html(bare))
    assert "Cannot be judged" in page.text()
    assert "Every field was checked; none was found." in page.text()
    assert "There is no picture" in page.text()
    assert "nan" not in page.text().lower()
