"""HTML is put together of tags, and what is no tag is text."""

import pytest

from leadloop.dashboard.markup import Html, join, tag
from leadloop.dashboard.parts.card import render_card
from leadloop.dashboard.parts.score import band_chip, reasons, ring, table
from leadloop.scoring.score_card import Reason


def test_text_is_escaped_wherever_it_stands():
    made = tag("p", "<b>", tag("i", "&"), title='"x"')
    assert made == '<p title="&quot;x&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert isinstance(made, Html)
    assert join(["a < b", None, False, ""]) == "a &lt; b"


@pytest.mark.parametrize("name", ["script", "iframe", "img", "form", "a b", "svg onload=x", ""])
def test_tags_that_could_run_or_load_something_are_refused(name):
    with pytest.raises(ValueError, match="no tag of ours"):
        tag(name)


@pytest.mark.parametrize("attribute", ["onclick", "href", "src", "srcdoc", "style x"])
def test_attributes_that_could_run_or_load_something_are_refused(attribute):
    with pytest.raises(ValueError, match="no attribute of ours"):
        tag("p", **{attribute: "x"})


def test_reasons_of_both_signs_are_shown_where_there_are_any():
    told = [Reason(f"f{place}", 9.0 - place * 0.1, f"up {place}") for place in range(20)] + [
        Reason("d", -0.5, "<down>")
    ]
    shown = reasons(told, most=6)
    assert "&lt;down&gt;" in shown
    assert "−0.5" in shown
    assert shown.count("<li>") == 6
    assert "and 15 more" in shown


def test_a_score_and_its_band_say_themselves_to_those_who_do_not_see_them():
    assert 'aria-label="Score 91 of 100"' in ring(90.6)
    assert 'class="ll-chip r0"' in band_chip("hot", ("hot", "warm", "cool", "cold"))
    assert "r3" in band_chip("never heard of", ("hot", "cold"))


def test_a_table_can_be_scrolled_with_the_keyboard():
    made = table(["Company", "leads"], [("<i>Acme</i>", "3")], numbers=(1,), about="Companies")
    assert 'tabindex="0"' in made
    assert "&lt;i&gt;Acme" in made
    assert 'scope="col"' in made


def test_a_model_card_keeps_its_lists_and_tables_and_none_of_what_it_quotes():
    text = "# Title\n\n## Good\n\n- **AUC** of `v1`\n- <img src=x>\n\n| a | b |\n|---|---|\n| 1 | [x](javascript:1) |\n"
    made = render_card(text)
    assert "<h3>Good</h3><ul><li><b>AUC</b> of <code>v1</code></li>" in made
    assert "&lt;img src=x&gt;" in made
    assert "<td" in made
    assert "<a" not in made
