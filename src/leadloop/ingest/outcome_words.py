"""What a value of the outcome says in English, German, French, Spanish, Italian or Dutch: won, lost, or still open.

A value is read by whole phrases and by single words. A word that says no ("kein Bedarf", "not interested") weighs more than any
other in it. What says nothing is left to a person.
"""

from __future__ import annotations

import re
from typing import Literal

from leadloop.ingest.column import phrases
from leadloop.leads.values import FALSE_WORDS, TRUE_WORDS

Reading = Literal["won", "lost", "open", ""]

WON = phrases(
    """
    won, win, closed won, closedwon, closed - won, closed-won, converted, conversion, success, successful, sold, sale,
    bought, purchased, customer, subscribed, signed, signed up, accepted, enrolled, paid, bound, deal, positive, pos,
    achieved, completed, ja, oui, sí, si, sim, gewonnen, gagné, ganado, ganho
    """
) | frozenset(TRUE_WORDS)
"""Values that mean won where the outcome has two."""
LOST = phrases(
    """
    lost, loss, closed lost, closedlost, closed - lost, closed-lost, not converted, unconverted, failure, failed,
    unsuccessful, unsold, not sold, rejected, declined, refused, unqualified, disqualified, no sale, no deal, not won,
    not interested, negative, neg, dead, open, not subscribed, not enrolled, not paid, nein, non, não, verloren, perdu,
    perdido, lapsed, churned, -1
    """
) | frozenset(FALSE_WORDS)
"""Values that mean lost where the outcome has two."""

_NO = re.compile(
    r"\b(no|not|non|nicht|kein\w*|ne|pas|aucun\w*|sin|senza|geen|niet|ohne|never|nie|lost|loss|verlor\w*|perdu\w*|perdid\w*|"
    r"pers[oai]|verloren|reject\w*|declin\w*|refus\w*|rechaz\w*|rifiutat\w*|afgewezen|abgelehnt|abgesagt|absage|storniert|"
    r"widerrufen|gekündigt|annul\w*|cancel\w*|geannuleerd|disqualif\w*|unqualif\w*|unsuccess\w*|fail\w*|dead|junk|spam|invalid|"
    r"ungültig|duplicat\w*|dublette|doublon|churn\w*|lapsed|expired|abgelaufen|mitbewerb\w*|competitor|unsubscribed)\b"
)
_WON_WORDS = re.compile(
    r"\b(won|gewonnen|gagn\w*|ganad\w*|vint[oa]|ganho|converted|sold|verkauft|vendu\w*|vendid\w*|vendut\w*|verkocht|purchased|"
    r"bought|gekauft|signed|unterschrieben|signé\w*|firmad\w*|firmat\w*|getekend|abschluss|zusage|zugesagt|beauftragt|"
    r"auftrag (erhalten|erteilt)|kunde|customer|client|cliente|klant|bound|policiert|enrolled|paid|bezahlt)\b"
)
_OPEN_WORDS = re.compile(
    r"\b(open\w*|offen\w*|ouvert\w*|abiert\w*|apert\w*|pending|ausstehend|en attente|pendiente\w*|in attesa|in afwachting|"
    r"working|worked|in progress|in (be)?arbeit\w*|in bearbeitung|en cours|en curso|in corso|in behandeling|laufend\w*|"
    r"proposal|quote\w*|quoted|angebot|offerte|devis|propuesta|proposta|presupuesto|preventivo|negotiat\w*|verhandlung\w*|"
    r"verhandelt|négociation|negociaci\w*|trattativa|onderhandeling|contacted|kontaktiert|contacté|contactad\w*|contattat\w*|"
    r"qualified|qualifiziert|new|neu\w*|nouveau|nuev[oa]|nuov[oa]|nieuw|nurtur\w*|demo|meeting|termin|wiedervorlage|"
    r"follow up|wartet|waiting|discovery|prospect\w*|interessiert|assigned|zugewiesen|on hold|pausiert)\b"
)


def read_value(text: str) -> Reading:
    """What a value says of a lead; empty where it does not say.

    >>> [
    ...     read_value(said)
    ...     for said in ("Closed Won", "Auftrag erhalten", "kein Bedarf", "Angebot verschickt", "Stage 4")
    ... ]
    ['won', 'won', 'lost', 'open', '']
    """
    word = " ".join(re.sub(r"[-_/]", " ", text.casefold()).split())
    if _NO.search(word):
        return "lost"
    if _WON_WORDS.search(word) or word in WON:
        return "won"
    if _OPEN_WORDS.search(word):
        return "open"
    return "lost" if word in LOST else ""
