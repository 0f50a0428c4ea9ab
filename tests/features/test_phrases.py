import pytest

from leadloop.features.phrases import PhraseLists
from leadloop.features.word_forms import word_forms

LISTS = PhraseLists.from_mapping(
    {"price": ("price", "how much", "how much is"), "voice": ("voice ai", "voice", "call")}
)


def found(text: str, lists: PhraseLists = LISTS) -> tuple[dict[str, int], dict[str, int]]:
    named = [
        {name: int(count) for name, count in zip(lists.names, table[0], strict=True) if count}
        for table in lists.count([text])
    ]
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
        "no longer interested in any kind of voice",
        "voice is not needed",
        "voice: no",
        "voice - no thanks",
        "voice, no",
        "we have voice already so no",
        "they passed on voice",
        "neither that nor voice",
        "no chat, fax, or voice",
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
        "nobody was there, because voice is better",
        "no problem with voice",
        "can't wait for voice",
        "not until they see voice",
        "cannot go without voice",
        "a note on voice",
        "no, they want voice",
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
        ("integrate", "integrating"),
        ("integrate", "integration"),
        ("integration", "integrates"),
        ("integrations", "integration"),
        ("companies", "company"),
        ("go", "went"),
    ],
)
def test_simple_forms_of_a_word_count_as_the_word(word, form):
    assert form in word_forms(word)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("new", "news"),
        ("even", "evening"),
        ("us", "used"),
        ("us", "uses"),
        ("b2b", "b2bs"),
        ("pizza", "piz"),
        ("corporate", "corporation"),
        ("business", "busines"),
    ],
)
def test_words_that_only_look_like_forms_do_not(word, other):
    assert other not in word_forms(word)


def test_words_of_longer_phrases_take_forms_too():
    lists = PhraseLists.from_mapping({"next": ("next step", "go live")})
    assert found("next step, next steps, they went live", lists) == ({"next": 3}, {})


@pytest.mark.parametrize("written", ["follow-up", "Follow up", "followup", "follow-ups", "FOLLOW-UPS"])
def test_a_phrase_of_two_words_may_be_written_with_a_hyphen_or_as_one(written):
    assert found(f"the {written} is set", PhraseLists.from_mapping({"next": ("follow-up",)})) == ({"next": 1}, {})


def test_two_short_words_are_not_run_together():
    assert found("a notable thing", PhraseLists.from_mapping({"food": ("no table",)})) == ({}, {})


def test_a_phrase_after_an_equals_sign_is_taken_as_it_stands():
    lists = PhraseLists.from_mapping({"unit": ("=sales",), "deal": ("sale",)})
    assert found("one sale", lists) == ({"deal": 1}, {})
    assert found("sales", lists) == ({"unit": 1, "deal": 1}, {})


def test_a_phrase_does_not_reach_across_a_mark():
    assert found("we heard a voice. AI is next", PhraseLists.from_mapping({"ai": ("voice ai",)})) == ({}, {})


def test_counts_do_not_depend_on_the_other_texts():
    texts = ["no voice", "price", "", "voice, but no price", "how much is a call"] * 3
    used, denied = LISTS.count(texts)
    for row, text in enumerate(texts):
        alone = LISTS.count([text])
        assert used[row].tolist() == alone[0][0].tolist()
        assert denied[row].tolist() == alone[1][0].tolist()


@pytest.mark.parametrize("phrase", ["", "?!", "a b c d e f g h i j k l m"])
def test_a_phrase_without_words_or_with_too_many_is_refused(phrase):
    with pytest.raises(ValueError, match=r"phrases\.bad"):
        PhraseLists.from_mapping({"bad": (phrase,)})
