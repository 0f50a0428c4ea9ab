"""The Markdown holds what the page holds, and reads well before it is rendered."""

import itertools
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from tests.learning.report.simulated_report import simulate_report

from leadloop.learning.report.outline import Table, outline
from leadloop.learning.report.pictures import picture_files
from leadloop.learning.report.report import FindingLine, LeftOut
from leadloop.learning.report.text import render_markdown
from leadloop.learning.report.words import answer

MARKDOWN = MarkdownIt("commonmark").enable("table")


@pytest.fixture(scope="module")
def report():
    return simulate_report()


def test_every_section_and_every_row_of_the_report_is_there(report):
    tokens = MARKDOWN.parse(render_markdown(report))
    sections = outline(report)
    tables = [part for section in sections for part in section.parts if isinstance(part, Table)]
    assert sum(token.type == "table_open" for token in tokens) == len(tables)
    assert sum(token.type == "tr_open" for token in tokens) == sum(len(table.rows) + 1 for table in tables)
    titles = [after.content for token, after in itertools.pairwise(tokens) if token.tag == "h2" and token.nesting == 1]
    # Without pictures, the section that holds nothing else is left out.
    assert titles == [section.title for section in sections if section.key != "order"]


def test_it_opens_with_the_verdict_and_the_answer(report):
    text = render_markdown(report)
    assert text.startswith("# online_courses: enrolled\n")
    assert text.index("**✓ Worth using**") < text.index(" ".join(answer(report))) < text.index("\n## ")


def test_columns_line_up_in_the_raw_text(report):
    for block in render_markdown(report).strip().split("\n\n"):
        if block.startswith("|"):
            bars = [[place for place, mark in enumerate(line) if mark == "|"][:-1] for line in block.split("\n")]
            assert all(line == bars[0] for line in bars)


def test_pictures_are_linked_from_the_folder_that_is_named_and_only_then(report):
    linked = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", render_markdown(report, "report pictures/"))
    assert sorted(linked) == sorted(f"report%20pictures/{name}" for name in picture_files(report))
    assert "![" not in render_markdown(report)
    assert "](./roc.svg)" in render_markdown(report, ".")


def test_synthetic_data_is_said_in_the_title_and_above_everything():
    text = render_markdown(simulate_report(synthetic=True), "pictures")
    assert text.startswith("# Synthetic data · ")
    assert text.index("> **Synthetic data**") < text.index("**✓")
    captions = [line for line in text.split("\n") if re.match(r"\*\*[^*]+\*\* – ", line)]
    assert len(captions) == 13
    assert all("Synthetic data." in line for line in captions)


def test_evidence_from_the_data_stays_text(report):
    evil = "x | y [z](http://evil.example) <script>alert(1)</script> `c`"
    hostile = replace(
        report,
        playbook=evil,
        findings=(FindingLine(evil, evil, "blocks", evil, "left out", evil),),
        left_out=(LeftOut(evil, evil),),
        guesses=((evil, evil),),
        notes=(evil,),
        environment={"seed": evil},
    )
    clean, tokens = (MARKDOWN.parse(render_markdown(each)) for each in (report, hostile))
    kinds = {child.type for token in tokens for child in token.children or []}
    assert not kinds & {"link_open", "html_inline", "image"}
    assert not any(token.type == "html_block" for token in tokens)
    columns = {
        len(table.headings) for section in outline(report) for table in section.parts if isinstance(table, Table)
    }
    assert columns
    rows = sum(token.type == "tr_open" for token in tokens)
    cells = sum(token.type in ("td_open", "th_open") for token in tokens)
    assert rows < sum(token.type == "tr_open" for token in clean)
    assert cells == sum(
        (len(part.rows) + 1) * len(part.headings)
        for section in outline(hostile)
        for part in section.parts
        if isinstance(part, Table)
    )
