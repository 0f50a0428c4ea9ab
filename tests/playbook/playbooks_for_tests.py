"""A playbook as a person would write it, and any playbook at all."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from leadloop.leads import ACTIONABLE_TYPES, FIELD_TYPES, Field, LeadSchema
from leadloop.leads.field import TEXT_FINDS
from leadloop.playbook import Band, Derived, Order, Playbook, Policy, Route, Ruling, Target, Training
from leadloop.playbook.check import find_problems
from leadloop.playbook.derived import DERIVED_KINDS, TAKES

TEXT = """
name = "insurance"
lead_id = "id"
capacity = 0.25

[order]
by = "field"
field = "asked_at"

[targets.bought]
column = "result"
positive = ["bought"]

[bands]
top = { lowest = 70, share = 0.2 }
rest = { lowest = 0, share = 0.8 }

[routes]
call = 70
leave = 0

[phrases]
price = ["how much", "quote"]

[fields.id]
type = "id"

[fields.asked_at]
type = "time"

[fields."Lead Source"]
type = "category"
missing = ["Select"]

[fields.result]
type = "category"
known_at = "outcome"

[[rulings]]
field = "Lead Source"
finding = "separates"
because = "it is written at intake here"
"""

# Anything that a column, a band or a sentence may hold: quotation marks, backslashes, line ends, signs of any script.
words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12).filter(str.strip)
lists = st.lists(words, max_size=3).map(tuple)
phrases = st.lists(
    words.filter(lambda text: any(one.isalnum() for one in text) and not text.startswith("!")), min_size=1, max_size=3
).map(tuple)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
functions = st.from_regex(r"[a-z]{1,6}:[a-z]{1,6}", fullmatch=True)


def steps(lowest: st.SearchStrategy[float]) -> st.SearchStrategy[list[tuple[str, float]]]:
    """Names with their lowest scores, highest first, down to 0."""
    return st.lists(st.tuples(words, lowest), min_size=1, max_size=5, unique_by=(lambda s: s[0], lambda s: s[1])).map(
        lambda found: [*sorted(found, key=lambda step: -step[1])[:-1], (min(found, key=lambda step: step[1])[0], 0.0)]
    )


above_zero = st.floats(0.5, 99.5) | st.integers(1, 99)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A sound policy."""
    bands = draw(steps(above_zero))
    share = 1 / len(bands)
    return Policy(
        tuple(Band(name, lowest, share) for name, lowest in bands),
        tuple(Route(name, lowest) for name, lowest in draw(steps(above_zero | st.just(100)))),
        draw(st.floats(0.001, 1.0) | st.just(1)),
    )


@st.composite
def routes(draw: st.DrawFn, policy: Policy, target: str) -> Policy:
    """The policy with priorities, and with routes that only some leads of a score go."""
    listed = []
    for number, route in enumerate(policy.routes):
        priority = draw(words | st.just(""))
        if draw(st.booleans()):
            when = ((target, draw(above_zero | st.just(0))),)
            listed.append(Route(draw(words), route.lowest, priority, when, f"some {number}"))
        key = draw(st.sampled_from(["", f"all {number}"]))
        listed.append(replace(route, name=draw(words), key=key) if key else replace(route, priority=priority))
    keys = [route.key or route.name for route in listed]
    return replace(policy, routes=tuple(listed)) if len(set(keys)) == len(keys) else policy


@st.composite
def derived_features(
    draw: st.DrawFn, fields: list[Field], moments: tuple[str, ...], barred: set[str]
) -> tuple[Derived, ...]:
    """Sound derived features of these fields; none where no fields fit together."""
    usable = [field for field in fields if field.use and field.known_at == moments[0] and field.name not in barred]
    made: dict[str, Derived] = {}
    taken = {field.name for field in fields}
    for kind in draw(st.lists(st.sampled_from(DERIVED_KINDS), max_size=3)):
        fitting = [[field.name for field in usable if field.type in takes] for takes in TAKES[kind]]
        if not all(fitting):
            continue
        reads = tuple(draw(st.sampled_from(names)) for names in fitting)
        one = Derived(kind, reads, draw(words | st.just("")), draw(words | st.just("")))
        if len(set(reads)) == len(reads) and one.label not in taken:
            made.setdefault(one.label, one)
    return tuple(made.values())


@st.composite
def playbooks(draw: st.DrawFn) -> Playbook:
    """Any sound playbook."""
    moments = draw(st.sampled_from([("intake", "outcome"), ("first call", "quote", "end"), ('a"b', "c.d")]))
    field_names = draw(st.lists(words, min_size=3, max_size=7, unique=True))
    result, first, *rest = field_names
    listed = tuple(draw(st.dictionaries(words, phrases, max_size=3)).items())
    fields = [
        Field(result, "category", moments[-1], guess=draw(lists)),
        Field(first, draw(st.sampled_from(["number", "time"])), moments[0], means=draw(words | st.just(""))),
    ]
    anywhere = st.sampled_from(["", *field_names])
    lead_id, group_by = draw(anywhere), draw(anywhere)
    for name in rest:
        kind, known_at, use = draw(st.sampled_from(FIELD_TYPES)), draw(st.sampled_from(moments)), draw(st.booleans())
        read = use and known_at == moments[0] and name not in (lead_id, group_by)
        ordered = kind in ("number", "money", "employees", "boolean")
        is_text = kind == "text"
        fields.append(
            Field(
                name,
                kind,
                known_at,
                use=use,
                actionable=draw(st.booleans()) if read and kind in ACTIONABLE_TYPES else False,
                required=draw(st.booleans()),
                missing=draw(lists),
                direction=draw(st.sampled_from(["", "up", "down"])) if ordered else "",
                terms=draw(st.integers(0, 300)) if is_text else 0,
                finds=tuple(draw(st.lists(st.sampled_from(TEXT_FINDS), unique=True))) if is_text else (),
                phrases=draw(st.none() | st.just(()) | st.just(tuple(name for name, _ in listed[:1])))
                if is_text
                else None,
                guess=draw(lists),
            )
        )
    by_field = draw(st.booleans())
    order = draw(
        st.none()
        | st.builds(
            Order,
            st.just("field" if by_field else "rows"),
            st.just(first if by_field else ""),
            st.sampled_from(["largest", "smallest"] if by_field else ["last", "first"]),
            guess=lists,
        )
    )
    outcome = draw(st.sampled_from([{"positive": ("won",)}, {"filled": True}, {"label": "labels:won"}]))
    column = "" if "label" in outcome else result
    target_names = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    main, *more = [
        Target(name, column=column, optional=place > 0 and draw(st.booleans()), guess=draw(lists), **outcome)
        for place, name in enumerate(target_names)
    ]
    counted = draw(st.lists(st.sampled_from(target_names), unique=True))
    playbook = Playbook(
        name=draw(names),
        description=draw(words | st.just("")),
        synthetic=draw(st.booleans()),
        schema=LeadSchema(tuple(draw(st.permutations(fields))), moments),
        scores_at=moments[0],
        lead_id=lead_id,
        group_by=group_by,
        outcomes_by=draw(anywhere),
        target=main,
        more_targets=tuple(more),
        score=tuple((name, draw(st.floats(0.01, 100.0) | st.integers(1, 9))) for name in counted),
        order=order,
        training=draw(
            st.builds(
                Training,
                test_share=st.floats(0.05, 0.6),
                min_leads=st.integers(20, 10**9),
                min_positives=st.integers(10, 10**9),
                max_leads=st.integers(100, 10**9),
                seed=st.integers(0, 2**31 - 1),
                validation=st.sampled_from(["auto", "k-fold", "hold-out"]),
                folds=st.integers(2, 20),
            )
        ),
        policy=draw(routes(draw(policies()), draw(st.sampled_from(target_names)))),
        features=tuple(draw(st.lists(functions, max_size=2, unique=True))),
        rules=tuple(draw(st.lists(functions, max_size=2, unique=True))),
        phrases=listed,
        phrase_files=tuple(
            draw(st.lists(st.from_regex(r"[a-z]{1,6}/[a-z]{1,6}\.(txt|toml)", fullmatch=True), max_size=2, unique=True))
        ),
        derived=draw(derived_features(fields, moments, {group_by, lead_id, order.field if order else ""})),
        rulings=tuple(
            draw(st.lists(st.builds(Ruling, st.sampled_from(field_names), words, words), max_size=2)),
        ),
    )
    problems = find_problems(playbook)
    assert not problems, problems
    return playbook
