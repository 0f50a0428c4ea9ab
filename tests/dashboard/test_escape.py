"""Text of a lead is shown and never obeyed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.dashboard.escape import in_html, in_markdown, one_line, several_lines

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    ":red[blood] :material/home: :smile:",
    "$$\\int$$ `code` **bold** # heading",
    "www.evil.example https://evil.example a@evil.example",
    "&lt;b&gt; &#60;",
    "- [ ] task\n1. one",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_sign_that_html_reads_is_left(text):
    assert not re.search(r"[<>\"']", in_html(text))
    assert "&" not in re.sub(r"&(lt|gt|amp|quot|#x27);", "", in_html(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_every_sign_that_markdown_reads_is_escaped_and_links_are_broken(text):
    shown = in_markdown(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[*_`\[\]()<>#!|~$:&@{}]", shown.replace("\\\\", ""))
    plain = shown.replace("\\", "")
    assert not re.search(r"https?:/|www\.\w|\w@\w|:\w+:", plain)


@given(st.text(max_size=300))
def test_whatever_is_written_no_markup_comes_through(text):
    assert not re.search(r"[<>\"]", in_html(text))
    assert not re.search(r"(?<!\\)[\[\]<`$:]", in_markdown(text).replace("\\\\", ""))


def test_signs_that_turn_the_direction_or_show_nothing_are_taken_out():
    assert one_line("safe\u202egnp.exe\x00\u2066") == "safegnp.exe"
    assert several_lines("a\x07\r\nb") == "a\nb"


def test_long_text_is_cut_with_a_sign_that_says_so():
    assert one_line("x" * 50, 10) == "x" * 9 + "…"
    assert len(in_markdown("*" * 10_000, 50)) <= 200


def test_a_blank_between_two_tags_is_kept():
    assert in_html(" and ") == " and "
    assert in_html(" ") == " "
