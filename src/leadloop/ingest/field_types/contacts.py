"""Columns of addresses and numbers at which somebody is reached."""

from __future__ import annotations

from leadloop.ingest.column import quoted
from leadloop.ingest.field_types.look import NEARLY, Look, TypeGuess

_EMAIL = r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+"
_LINK = r"(?i)(?:[a-z][a-z0-9+.-]*://|www\.)\S+"
_BARE_DOMAIN = r"(?i)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?:[/?#]\S*)?"
_COMMON_DOMAIN = (
    r"(?i)[a-z0-9][a-z0-9.-]*\.(?:com|org|net|edu|gov|io|co|ai|app|dev|biz|info|eu|uk|de|fr|es|it|nl|be|ch|at|se|no|dk|"
    r"fi|pl|br|in|au|ca|us|jp|cn|mx|za|ie|pt|nz)(?:[/?#]\S*)?"
)
_PHONE = r"\+?[\d\s().\-/]*\d[\d\s().\-/]*(?:\s*(?:x|ext\.?|extension)\s*\d{1,6})?"
_PHONE_MARKS = r"^\+\d|^00\d|\(\d+\)|\d[-. ]\d+[-. ]\d"
PHONE_WORDS = frozenset(
    [
        *("phone", "telephone", "tel", "mobile", "cell", "fax", "whatsapp", "mobilephone"),
        *("telefon", "telefonnummer", "telefonnr", "rufnummer", "festnetz"),
        *("mobil", "mobilnummer", "mobiltelefon", "handy", "handynummer"),
        *("téléphone", "portable", "teléfono", "móvil", "telefono", "cellulare", "telefoon", "mobiel"),
    ]
)
_URL_WORDS = frozenset({"url", "website", "web", "site", "domain", "homepage", "link", "linkedin", "referrer", "page"})


def recognise_email(look: Look) -> TypeGuess | None:
    """E-mail addresses."""
    rows = look.column.matching(_EMAIL)
    if look.share(rows) < (0.5 if look.likely[:1] == ("email",) else NEARLY):
        return None
    others = look.column.texts.filter(~look.column.texts.str.contains(f"^(?:{_EMAIL})$")).to_list()
    strange = f"; not {quoted(others)}" if others else ""
    return TypeGuess("email", (f"email: {look.counted(rows, 'e-mail addresses')}{strange}",))


def recognise_url(look: Look) -> TypeGuess | None:
    """Web addresses; bare domains where the name speaks of them, or where they end as most do."""
    domain = _BARE_DOMAIN if look.named(_URL_WORDS) else _COMMON_DOMAIN
    rows = look.column.matching(f"{_LINK}|{domain}")
    if look.share(rows) < NEARLY:
        return None
    return TypeGuess("url", (f"url: {look.counted(rows, 'web addresses')}",))


def recognise_phone(look: Look) -> TypeGuess | None:
    """Telephone numbers."""
    column = look.column
    if not column.matching(_PHONE):
        return None
    digits = column.texts.str.count_matches(r"\d")
    alike = column.texts.str.contains(f"^(?:{_PHONE})$") & digits.is_between(6, 20)
    rows = column.rows_where(alike)
    named = look.named(PHONE_WORDS) or look.likely[:1] == ("phone",)
    marked = column.rows_where(alike & column.texts.str.contains(_PHONE_MARKS) & digits.is_between(9, 15))
    if look.share(rows) < (0.7 if named else NEARLY) or not (named or look.share(marked) >= 0.5):
        return None
    return TypeGuess("phone", (f"phone: {look.counted(rows, 'telephone numbers')}",))
