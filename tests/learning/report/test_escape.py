"""Whatever stands in somebody's file is shown as it stands there, and does nothing."""

import html
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from leadloop.learning.report.escape import html_text, markdown_name, markdown_text, one_line

HOSTILE = [
    "<script>alert(1)</script>",
    '" onload="alert(1)',
    "]]><svg onload=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "a | b || c",
    "`code` ``` fence",
    "__init__ _a_ **b** ~~c~~ *",
    "&lt;b&gt; &amp; &#106;",
    "- item",
    "1. item",
    "# heading",
    "===",
    "---",
    "back\\slash \\",
    "<!-- comment",
    "<http://evil.example>",
    "line\n\n# two",
]
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
texts = st.text(st.characters(codec="utf-8"), max_size=40)


def with_examples(test):
    for text in HOSTILE:
        test = example(text)(test)
    return settings(deadline=None)(test)


def shown(tokens):
    """The text a reader sees, and the kinds of all tokens that are not plain text."""
    parts, kinds = [], set()
    for token in tokens:
        for child in token.children or []:
            parts.append(child.content)
            kinds.add(child.type)
    return "".join(parts), kinds


@with_examples
@given(texts)
def test_html_is_shown_letter_for_letter_and_is_xml_too(text):
    assert html.unescape(html_text(text)) == one_line(text)
    assert not set("<>\"'") & set(html_text(text))
    root = ElementTree.fromstring(f'<a b="{html_text(text)}">{html_text(text)}</a>')
    assert (root.text or "") == root.attrib["b"] == one_line(text)


@with_examples
@given(texts)
def test_markdown_in_a_table_cell_is_shown_letter_for_letter(text):
    tokens = MARKDOWN.parse(f"| x | y |\n| --- | --- |\n| {markdown_text(text)} | end |\n")
    assert [token.type for token in tokens].count("td_open") == 2
    seen, kinds = shown(tokens)
    assert kinds <= {"text", "text_special"}
    assert seen.replace("\u200b", "") == f"xy{one_line(text)}end".replace("\u200b", "")


@with_examples
@given(texts)
def test_markdown_as_a_paragraph_is_shown_letter_for_letter(text):
    tokens = MARKDOWN.parse(markdown_text(text))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    seen, kinds = shown(tokens)
    assert kinds <= {"text", "text_special"}
    assert seen.replace("\u200b", "") == one_line(text).replace("\u200b", "")


@with_examples
@given(texts)
def test_a_name_in_a_table_is_one_piece_of_code(text):
    tokens = MARKDOWN.parse(f"| x |\n| --- |\n| {markdown_name(text)} |\n")
    inline = tokens[-5] if tokens[-5].type == "inline" else next(t for t in reversed(tokens) if t.type == "inline")
    assert [child.type for child in inline.children] == ["code_inline"]
    assert inline.children[0].content.strip() == one_line(text)


@pytest.mark.parametrize("text", ["ask @acme/sales", "see https://evil.example", "WWW.evil.example", "a@b.example"])
def test_markdown_mentions_nobody_and_links_nowhere(text):
    escaped = markdown_text(text).lower()
    assert "\u200b" in escaped
    for active in ("@acme", "://", "www.", "@b"):
        assert active not in escaped


def test_text_cannot_turn_the_reading_direction_or_hide_control_characters():
    assert one_line("abc\u202etxt.exe\x1b[2J\x00") == "abc\ufffdtxt.exe\ufffd[2J\ufffd"
    assert one_line("half \ud83d of a letter") == "half \ufffd of a letter"
    assert one_line("half \ud83d").encode("utf-8")
