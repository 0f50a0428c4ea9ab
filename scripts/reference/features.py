"""The page of what each type of field becomes."""

from __future__ import annotations

import inspect

from reference.markdown import code, page, prose, table


def features() -> str:
    """What each type of field becomes: the blocks are fitted on a few leads, and their columns written down."""
    import numpy as np
    import polars as pl

    from leadloop.features import FeatureSet
    from leadloop.features.finds import FINDS
    from leadloop.leads import FIELD_TYPES, Field, LeadSchema
    from leadloop.leads.schema import _EXPECTED
    from leadloop.leads.values import FALSE_WORDS, TRUE_WORDS
    from leadloop.playbook import Playbook, Target

    few: dict[str, list[str]] = {
        "number": ["3", "8.5", "12"],
        "money": ["€ 1,200", "$5,000", "900"],
        "employees": ["12", "50-100", "1001+"],
        "category": ["Google", "Referral", "Chat"],
        "text": [
            "Please call me. How much is it?",
            "no budget yet, see https://a.example",
            "WE NEED 40 seats now!\nThanks",
        ],
        "boolean": ["yes", "no", "yes"],
        "time": ["2023-03-31 17:45", "2024-07-06 09:10", "2025-11-12 23:00"],
        "email": ["ada@example.com", "info@gmail.com", "x@mailinator.com"],
        "phone": ["+44 20 7946 0000", "555-0100", "12345678"],
        "url": ["https://a.example/x", "b.de", "c.io"],
        "id": ["L1", "L2", "L3"],
    }
    count = 240
    won = np.arange(count) % 4 == 0
    rows = []
    parts: list[str] = []
    told_before: dict[type, str] = {}
    for kind in FIELD_TYPES:
        name = kind.capitalize()
        schema = LeadSchema((Field(name, kind, "intake"), Field("Won", "boolean", "outcome")))
        playbook = Playbook("sample", schema, "intake", Target("won", column="Won", positive=("yes",)))
        values = [few[kind][row % 3] for row in range(count)]
        reading = schema.read(pl.DataFrame({name: values, "Won": ["yes" if one else "no" for one in won]}))
        if reading.rejects:
            raise SystemExit(f"the sample of {kind} cannot be read: {reading.rejects[0]}")
        made, _ = FeatureSet.fit(playbook, reading.leads, won.astype(float))
        rows.append((code(kind), _EXPECTED[kind], str(len(made.columns)) if made.columns else "none"))
        parts.append(f"## {kind}")
        if not made.blocks:
            parts.append("It names the lead and says nothing about it: no feature is made of it.")
            continue
        for block in made.blocks:
            told = told_before.setdefault(type(block), kind)
            parts.append(prose(inspect.getdoc(type(block)) or "") if told == kind else f"As [{told}](#{told}).")
        shown = [column.name for column in made.columns]
        more = f", and {len(shown) - 24} more" if len(shown) > 24 else ""
        parts.append(
            f"From a field “{name}” with {', '.join(code(' '.join(value.split())) for value in few[kind])}: "
            + ", ".join(code(column) for column in shown[:24])
            + f"{more}."
        )
        if kind == "text":
            listed = [
                (code(find.name), find.means, find.fact, ", ".join(code(one.name) for one in find.columns))
                for find in FINDS.values()
            ]
            parts.append(
                "Facts that `finds` may name, and their columns; all are missing where a text says nothing of the kind. Where "
                "a fact has a name, one more column says whether the text states it, as in `Text states a salary`:"
            )
            parts.append(table(("find", "what it looks for", "fact", "columns"), listed))
    opening = (
        "Every field that is used and known when leads are scored becomes one or more columns of numbers, by its type. "
        "The lists below are what training really makes of a small sample of each."
    )
    words = (
        f"Yes or no is read from {', '.join(code(word) for word in TRUE_WORDS)} and "
        f"{', '.join(code(word) for word in FALSE_WORDS)}, in any case."
    )
    from leadloop.features.derived import DerivedBlock
    from leadloop.features.functions import FunctionsBlock

    return page(
        "Fields and features",
        opening,
        table(("type", "a cell holds", "columns in the sample"), rows),
        words,
        *parts,
        "## Functions of your own",
        prose(inspect.getdoc(FunctionsBlock) or ""),
        "See [Add features and rules in Python](../how-to/add-features-and-rules-in-python.md).",
        "## Derived features",
        prose(inspect.getdoc(DerivedBlock) or ""),
        "They are declared under [`[[derived]]`](playbook.md#derived).",
    )
