"""The forms of a word that count as the word: prices and pricing of price, went of go, integration of integrate."""

from __future__ import annotations

from functools import cache

_IRREGULAR = (
    "be is are was were been being", "have has had having", "do does did done doing", "go goes went gone going",
    "get gets got gotten getting", "buy buys bought buying", "sell sells sold selling", "send sends sent sending",
    "meet meets met meeting", "pay pays paid paying", "build builds built building", "lose loses lost losing",
    "win wins won winning", "make makes made making", "take takes took taken taking", "give gives gave given giving",
    "come comes came coming", "speak speaks spoke spoken speaking", "choose chooses chose chosen choosing",
    "drive drives drove driven driving", "run runs ran running", "begin begins began begun beginning",
    "spend spends spent spending", "find finds found finding", "keep keeps kept keeping", "leave leaves left leaving",
    "know knows knew known knowing", "see sees saw seen seeing", "say says said saying", "tell tells told telling",
    "think thinks thought thinking", "write writes wrote written writing", "hold holds held holding",
    "grow grows grew grown growing", "cut cuts cutting", "set sets setting", "person people", "child children",
)  # fmt: skip
_FORMS_OF = {forms.split()[0]: tuple(forms.split()) for forms in _IRREGULAR}
_OTHER_WORDS = frozenset(
    {"customs", "evening", "goods", "means", "news", "corporation", "relation", "station", "privation", "climation"}
)
"""What merely looks like a form of another word."""
_NOT_PLURAL = frozenset({"always", "goods", "means", "sales", "customs", "perhaps", "besides", "towards", "across"})


@cache
def word_forms(word: str) -> tuple[str, ...]:
    """A word and the forms that count as it: -s, -es, -ed, -ing, -ation of -ate, the singular of a plural, irregular verbs.

    Words of three letters take only -s, shorter ones and those with digits nothing: "us" is not "used". A few words that
    merely look like forms ("news" of "new") are not taken for them. What spelling allows but nobody writes ("planed") does
    no harm.

    >>> word_forms("price"), word_forms("plan"), word_forms("api"), word_forms("b2b")
    (('price', 'prices', 'priced', 'pricing'),
    ('plan', 'plans', 'planed', 'planing', 'planned', 'planning'), ('api', 'apis'), ('b2b',))
    >>> word_forms("integration") == ("integration", "integrations", *word_forms("integrate")[:4])
    True
    """
    if word in _FORMS_OF:
        return _FORMS_OF[word]
    if not word.isalpha() or len(word) < 3:
        return (word,)
    if len(word) >= 9 and word.endswith("ation") and word not in _OTHER_WORDS:
        return (word, f"{word}s", *_inflect(f"{word[:-3]}e"))
    forms = _inflect(word)
    if len(word) >= 6 and word.endswith("ate"):
        forms = (*forms, f"{word[:-1]}ion", f"{word[:-1]}ions")
    if len(word) >= 6 and word.endswith("s") and not word.endswith(("ss", "us", "is")) and word not in _NOT_PLURAL:
        single = f"{word[:-3]}y" if word.endswith("ies") else word[:-1]
        forms = (word, *_inflect(single))
    return tuple(dict.fromkeys(form for form in forms if form == word or form not in _OTHER_WORDS))


def _inflect(word: str) -> tuple[str, ...]:
    stem, last, before = word[:-1], word[-1], word[-2]
    if last == "y" and before not in "aeiou":
        forms = [f"{stem}ies", f"{stem}ied"]
    elif last in "sxz" or word.endswith(("ch", "sh")):
        forms = [f"{word}es"]
    else:
        forms = [f"{word}s"]
    if len(word) == 3:
        forms = forms[:1]
    elif last == "e":
        forms += [f"{word}d", f"{stem}ing"]
    else:
        forms += [f"{word}ed", f"{word}ing"]
        if last in "bdgmnprt" and before in "aeiou" and word[-3] not in "aeiou":
            forms += [f"{word}{last}ed", f"{word}{last}ing"]  # planning, but opening: spelling alone cannot tell which
    return (word, *forms)
