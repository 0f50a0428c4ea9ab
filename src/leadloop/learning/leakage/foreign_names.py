"""Names of fields in German, French, Spanish, Italian and Dutch that say when they were written, as `names.py` has English ones.

They are a second opinion: what the data shows needs no name, and a name alone only warns.
"""

from __future__ import annotations

import re

from leadloop.learning.leakage.finding import FindingKind


def _words(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{phrase})\b" for phrase in phrases))


_ENDED = "it tells how the lead ended"
_LAST = "it tells what happened last, up to the day the file was made"
_CHANGED = "it speaks of later edits"

FOREIGN_NAMES: tuple[tuple[FindingKind, bool, str, re.Pattern[str]], ...] = (
    (
        "edited_after",
        True,
        _CHANGED,
        _words(
            "(zuletzt |letzte )?(geändert|aktualisiert|bearbeitet|modifiziert)( (am|um|von))?|(letzte )?änderung(sdatum)?",
            "modifié( (le|par))?|(dernière )?(modification|mise à jour)( le)?",
            "modificad[oa]|(última|fecha de) (modificación|actualización)|actualizado( (el|por))?",
            "modificato|(ultima|data di) (modifica|aggiornamento)|aggiornato( (il|da))?",
            "gewijzigd( (op|door))?|(laatste )?wijziging(sdatum)?|bijgewerkt",
        ),
    ),
    (
        "known_later",
        True,
        _ENDED,
        _words(
            r"abschluss ?(datum|am|tag|art|grund)\w*|abgeschlossen( am)?|gewonnen( am)?|verloren( (am|weil))?",
            r"(absage|ablehnung|verlust|storno|stornierung|kündigung)s?( ?(grund|datum|am))?|storniert( am)?|gekündigt( am)?",
            r"(vertrags?|auftrags?|rechnungs?|policen) ?(nummer|nr|datum|abschluss|eingang|id)|(unterschrieben|beauftragt)( am)?",
            "(date de )?(clôture|cloture|signature)|gagnée?|perdue?|signée?( le)?",
            "(motif|raison) (de |du )?(la )?(perte|refus|rejet|clôture|annulation)|(date d )?annulation|(numéro|no) de contrat",
            "(fecha de )?(cierre|firma)|ganad[oa]|perdid[oa]|firmad[oa]",
            "(motivo|razón) (de )?(la )?(pérdida|perdida|rechazo|cierre)",
            "(data (di )?)?chiusura|vint[oa]|pers[oa]|firmat[oa]|motivo (di |della |del )?(perdita|rifiuto|chiusura)",
            "afsluit(datum|reden)|gesloten( op)?|(reden|datum) (van )?(verlies|afwijzing|sluiting)",
            "getekend( op)?|contract ?nummer",
            "(número|numero) (de|di) (contrato|contratto)",
        ),
    ),
    (
        "state_at_export",
        True,
        _LAST,
        _words(
            "letzte[rsnm]? (aktivität|kontakt|anruf|mail|besuch|termin)|zuletzt (kontaktiert|gesehen|angerufen|besucht)",
            "dernière? (activité|contact|appel|visite)|últim[oa] (actividad|contacto|llamada|visita)",
            "ultim[oa] (attività|contatto|chiamata|visita)|laatste (activiteit|contact|bezoek)",
        ),
    ),
    (
        "known_later",
        False,
        "it may be a result",
        _words("abschluss|ergebnis|résultat|resultado|risultato|resultaat|uitkomst|contrat|contrato|contratto|vertrag"),
    ),
)
