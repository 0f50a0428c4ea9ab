import pytest

from leadloop.features.phrases import PhraseLists, word_forms
from leadloop.features.tokens import split_words

LISTS = PhraseLists.from_mapping(
    {"price": ("price", "how much", "how much is"), "voice": ("voice ai", "voice", "call")}
)


def found(text: str, lists: PhraseLists = LISTS) -> tuple[dict[str, int], dict[str, int]]:
    used, denied = lists.count(split_words(text.lower()))
    named = [{lists.names[number]: count for number, count in counts.items()} for counts in (used, denied)]
    return named[0], named[1]


def test_phrases_are_whole_words_in_any_case():
    assert found("PRICE? How  much! invoice, voiced") == ({"price": 2, "voice": 1}, {})


def test_the_longest_phrase_of_a_list_wins_where_two_overlap():
    assert found("how much is voice ai") == ({"price": 1, "voice": 1}, {})


def test_a_longer_phrase_that_breaks_off_leaves_the_shorter_one():
    assert found("how much") == ({"price": 1}, {})
    assert found("the voice") == ({"voice": 1}, {})


def test_one_place_may_serve_two_lists():
    lists = PhraseLists.from_mapping({"a": ("free trial",), "b": ("trial",)})
    assert found("a free trial", lists) == ({"a": 1, "b": 1}, {})


@pytest.mark.parametrize(
    "text",
    [
        "we do not need voice",
        "we don't need voice",
        "we don’t need voice",
        "no voice",
        "never any voice",
        "without voice",
        "no longer use their voice",
        "we cannot afford voice",
    ],
)
def test_a_no_shortly_before_a_phrase_denies_it(text):
    assert found(text) == ({}, {"voice": 1})


@pytest.mark.parametrize(
    "text",
    [
        "No. Voice please",
        "not now? voice",
        "not cheap but voice is good",
        "not only voice",
        "not for us in any case, voice is better",
        "a note on voice",
        "voice, no",
        "no longer do we use their voice",
    ],
)
def test_a_no_in_another_sentence_too_far_away_or_turned_around_denies_nothing(text):
    assert found(text) == ({"voice": 1}, {})


def test_a_phrase_that_says_no_itself_is_used_and_not_denied():
    lists = PhraseLists.from_mapping({"lost": ("not interested", "no budget", "don't call")})
    assert found("sorry, not interested and no budget, don't call", lists) == ({"lost": 3}, {})


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("call", "calls"),
        ("call", "called"),
        ("price", "pricing"),
        ("company", "companies"),
        ("plan", "planning"),
        ("open", "opening"),
        ("match", "matches"),
        ("api", "apis"),
        ("try", "tries"),
    ],
)
def test_simple_forms_of_a_word_count_as_the_word(word, form):
    assert form in word_forms(word)


@pytest.mark.parametrize(
    ("word", "other"),
    [("new", "news"), ("even", "evening"), ("us", "used"), ("us", "uses"), ("b2b", "b2bs"), ("pizza", "piz")],
)
def test_words_that_only_look_like_forms_do_not(word, other):
    assert other not in word_forms(word)


def test_words_of_longer_phrases_are_taken_as_they_stand():
    lists = PhraseLists.from_mapping({"next": ("next step",)})
    assert found("next step, next steps", lists) == ({"next": 1}, {})


@pytest.mark.parametrize("phrase", ["", "?!", "a b c d e f g h i j k l m"])
def test_a_phrase_without_words_or_with_too_many_is_refused(phrase):
    with pytest.raises(ValueError, match=r"phrases\.bad"):
        PhraseLists.from_mapping({"bad": (phrase,)})
