"""Legal forms of companies: what stands at the end (or the beginning) of a name and is no part of what sets it apart."""

from __future__ import annotations

import re

_FORMS = """
    ab ad ag aps as asa b.v. bhd bv bvba co co. company corp corp. corporation cv d.o.o. doo eg e.k. e.v. eirl
    ev eood fzco fze fzllc gesmbh gbr ggmbh gmbh hf i/s inc inc. incorporated ivs jsc k/s k.k. kg kgaa kk kft kgaa ltd ltd.
    limited llc l.l.c. llp l.l.p. lllp lp ltda ltda. mbh n.v. nv nyrt ohg ood oy oyj p/s plc pllc pte pty pty. pvt
    pvt. private rt s.a. s.a.r.l. s.a.s. s.à r.l. s.c. s.l. s.l.u. s.p.a. s.r.l. s.r.o. sa sarl sas sasu sca scs
    sdn se sia sl slu snc spa spk srl sro s/a a/s a.s. a.ş. aş şti şti. uab ug v.o.f. vof z.o.o. zrt ооо оао зао
    пао ао ип тов
"""
FORMS = frozenset(_FORMS.split())
"""One word each, in small letters."""
ASIAN = (
    *("株式会社", "有限会社", "合同会社", "(株)", "㈱", "주식회사", "유한회사", "(주)", "股份有限公司", "有限责任公司"),
    *("有限責任公司", "有限公司", "集团", "集團"),
)
"""Forms that are written without a space, at either end."""
_JOINING = frozenset({"&", "und", "and", "et", "+"})
_PHRASES = (
    "s. de r.l. de c.v.",
    "s.a. de c.v.",
    "sa de cv",
    "sp. z o.o.",
    "sp. z o. o.",
    "sp z o.o.",
    "sp z o o",
    "s. r. o.",
    "s. a.",
    "d. o. o.",
    "p. lc",
    "san. tic.",
)
_PLAIN = {form.replace(".", "").replace("/", "") for form in FORMS}
_TRIMMED = re.compile(r"^[\s,;«»\"'“”()]+|[\s,;«»\"'“”()]+$")


def is_form(word: str) -> bool:
    """Whether a word is a legal form.

    >>> is_form("GmbH"), is_form("Inc.,"), is_form("Foods")
    (True, True, False)
    """
    bare = word.casefold().strip(",;()")
    return bare in FORMS or bare.rstrip(".") in FORMS or bare.replace(".", "") in _PLAIN


def has_form(name: str) -> bool:
    """Whether a name says what legal form the company has.

    >>> (
    ...     has_form("Acme Robotics, Inc."),
    ...     has_form("Bursztyn Sp. z o.o."),
    ...     has_form("株式会社アオゾラ"),
    ...     has_form("Sa Vida"),
    ... )
    (True, True, True, False)
    """
    return without_form(name) != _TRIMMED.sub("", name)


def without_form(name: str) -> str:
    """A name without its legal form; the name itself where nothing would be left.

    >>> without_form("Müller Maschinenbau GmbH & Co. KG"), without_form("Acme, Inc."), without_form("株式会社アオゾラ")
    ('Müller Maschinenbau', 'Acme', 'アオゾラ')
    >>> without_form("ООО «Ромашка»"), without_form("Limited")
    ('Ромашка', 'Limited')
    """
    whole = _TRIMMED.sub("", name)
    left = whole
    for form in ASIAN:
        if left.startswith(form) or left.endswith(form):
            left = left.removeprefix(form).removesuffix(form)
    lowered = left.casefold()
    for phrase in _PHRASES:
        if lowered.endswith(phrase) and len(lowered) == len(left):
            left = left[: -len(phrase)]
            break
    words = left.split()
    cut = False
    while len(words) > 1 and (is_form(words[-1]) or (cut and words[-1] in _JOINING)):
        words.pop()
        cut = True
    if len(words) > 1 and words[0].casefold() in ("ооо", "оао", "зао", "пао", "ао", "ип", "тов", "pt", "pt."):
        words.pop(0)
    return _TRIMMED.sub("", " ".join(words)) or whole
