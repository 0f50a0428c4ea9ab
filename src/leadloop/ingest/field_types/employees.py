"""Columns that count employees, as numbers or in bands."""

from __future__ import annotations

import re

from leadloop.ingest.column import quoted
from leadloop.ingest.field_types.look import ENOUGH, Look, TypeGuess, say_unread
from leadloop.leads import Field
from leadloop.leads.employees import looks_like_spreadsheet_date

_LINKEDIN_BAND = r"(?i)size_\d+\w*"
# Bands that count employees in the exports of LinkedIn, HubSpot, Apollo, People Data Labs and Google.
_KNOWN_BANDS = frozenset(
    [
        "1-10",
        "2-10",
        "1-5",
        "6-10",
        "5-25",
        "11-20",
        "21-50",
        "11-50",
        "26-50",
        "25-50",
        "51-100",
        "51-200",
        "50-200",
        "101-200",
        "201-500",
        "200-500",
        "251-500",
        "501-1000",
        "501-1,000",
        "500-1000",
        "1001-2000",
        "1001-5000",
        "1,001-5,000",
        "1000-5000",
        "2001-5000",
        "5001-10000",
        "5,001-10,000",
        "10001+",
        "10,001+",
        "10000+",
        "10,000+",
        "1-50",
        "50-99",
        "100-499",
        "500-999",
        "1000-4999",
        "5000-9999",
        "1-9",
        "10-49",
        "50-249",
        "250+",
        "1-4",
        "5-9",
        "10-19",
        "20-49",
        "100-249",
        "250-499",
        "1000+",
        "1,000+",
        "5000+",
        "500+",
    ]
)
EMPLOYEES_NAME = re.compile(
    r"\b(employees|headcount|ftes?)\b|\b(employee|staff) (count|number|range|band|size|total)\b"
    r"|\b(company|organi[sz]ation|org|firm|business|team) size\b|\bsize of (the )?(company|organi[sz]ation|firm)\b"
)


def recognise_employees(look: Look) -> TypeGuess | None:
    """Numbers and ranges of employees, where the name, the words or the usual bands say that they are."""
    column = look.column
    named = look.likely[:1] == ("employees",) or EMPLOYEES_NAME.search(look.name) is not None
    known = frozenset(
        re.sub(r"\s*(?:employees|people|staff)?\s*$|\s", "", text.casefold())
        for text in column.texts.head(50).to_list()
    )
    said = "its name says what they count"
    if not named:
        usual = len(known & _KNOWN_BANDS) >= max(3, 0.8 * len(known))
        spoken = column.matching(r"(?i).*\d.*\b(?:employees|people|staff|ftes?)") + column.matching(_LINKEDIN_BAND)
        if not usual and look.share(spoken) < 0.5:
            return None
        said = "in bands that are usual for them" if usual else "as the values say"
    values = column.read(Field(column.name, "employees", "intake"))
    read = column.rows_where(values.is_not_null())
    if look.share(read) >= ENOUGH:
        evidence = look.counted(read, "numbers or ranges of employees")
        return TypeGuess("employees", (f"employees: {evidence}{say_unread(look, values)}, {said}",))
    turned = [text for text in column.unread(values) if looks_like_spreadsheet_date(text)]
    if named and turned:
        mend = (
            f"{quoted(turned)} look like ranges that a spreadsheet turned into dates; mend them to use type employees"
        )
        return TypeGuess("category", (f"category: {look.counted(read, 'numbers or ranges of employees')}, but {mend}",))
    return None
