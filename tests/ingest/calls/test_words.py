import pytest

from leadloop.errors import PlaybookError
from leadloop.ingest.calls import read_call_words


def test_every_mistake_is_told_at_once():
    text = 'products = ["Voic"]\nurgnt = ["Voice"]\nsoon = "Voice"'
    with pytest.raises(PlaybookError) as caught:
        read_call_words(text, {"Voice": ("voice",)}, "mine")
    told = str(caught.value)
    assert "3 problems" in told
    assert "did you mean “Voice”?" in told
    assert "did you mean urgent?" in told
    assert 'write soon = ["one", "another"]' in told


def test_what_is_no_toml_is_refused():
    with pytest.raises(PlaybookError, match="is not TOML"):
        read_call_words("products = [", {}, "mine")


def test_nothing_is_listened_for_where_nothing_is_said():
    words = read_call_words("", {"Voice": ("voice",)}, "mine")
    assert (words.products, dict(words.lists)) == ((), {})
