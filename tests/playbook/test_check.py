from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.playbook.playbooks_for_tests import TEXT

from leadloop.leads import Field, LeadSchema
from leadloop.playbook import (
    Band,
    Order,
    Policy,
    Route,
    Ruling,
    Target,
    check,
    field_check,
    parse_playbook,
    policy_check,
    target_check,
)
from leadloop.playbook.check import find_problems

SOUND = parse_playbook(TEXT)


def changed_field(name, **changes):
    fields = (replace(field, **changes) if field.name == name else field for field in SOUND.schema.fields)
    return replace(SOUND, schema=LeadSchema(tuple(fields), SOUND.schema.moments))


def with_field(field):
    return replace(SOUND, schema=LeadSchema((*SOUND.schema.fields, field), SOUND.schema.moments))


def made(groups=(("web", ("Google",)),), **changes):
    field = Field("line", "category", "intake", groups_of="Lead Source", groups=groups)
    return with_field(replace(field, **changes))


def made_from(source, **changes):
    """A playbook with one more field, and a domain made from it."""
    domain = Field("domain", "category", "intake", domain_of=source.name)
    fields = (*SOUND.schema.fields, source, replace(domain, **changes))
    return replace(SOUND, schema=LeadSchema(fields, SOUND.schema.moments))


def target(**changes):
    return replace(SOUND, target=replace(SOUND.target, **changes))


def bands(*lowest_and_share):
    listed = tuple(Band(f"b{number}", *step) for number, step in enumerate(lowest_and_share))
    return replace(SOUND, policy=replace(SOUND.policy, bands=listed))


def routes(*lowest):
    listed = tuple(Route(f"r{number}", step) for number, step in enumerate(lowest))
    return replace(SOUND, policy=replace(SOUND.policy, routes=listed))


def with_routes(*listed):
    return replace(SOUND, policy=replace(SOUND.policy, routes=listed))


RULING = SOUND.rulings[0]
TIMED = {"at": "won_at", "within_days": 30.0}
ENDED = Field("won_at", "time", "outcome")

# Every contradiction there is: a playbook that has it and no other, where it is told, and in which words.
WRONG = {
    "a name with capitals": (replace(SOUND, name="Insurance"), "name", "is “Insurance”"),
    "an empty name": (replace(SOUND, name=""), "name", "is “”"),
    "a name that leads elsewhere": (replace(SOUND, name="../x"), "name", "is “../x”"),
    "a name of 64 letters": (replace(SOUND, name="a" * 64), "name", "is “a"),
    "a moment twice": (
        replace(SOUND, schema=LeadSchema(SOUND.schema.fields, ("intake", "outcome", "outcome"))),
        "moments",
        "names a moment twice",
    ),
    "a field without a name": (with_field(Field(" ", "text", "intake")), "fields. ", "has no name"),
    "groups of nothing": (made(groups_of=""), "fields.line.groups_of", "is missing"),
    "a field made in two ways": (
        made_from(Field("mail", "email", "intake"), groups_of="Lead Source", groups=(("web", ("Google",)),)),
        "fields.domain",
        "is made in two ways",
    ),
    "a group of what is no field": (made(groups_of="Lead Sorce"), "fields.line.groups_of", "which is no field"),
    "a group that is no name": (made(type="number"), "fields.line.type", "is number, and what is made is a name"),
    "a group of what is no category": (made(groups_of="asked_at"), "fields.line.groups_of", "which is of type time"),
    "a domain of what is no address": (
        made_from(Field("n", "text", "intake")),
        "fields.domain.domain_of",
        "of type text",
    ),
    "a group of groups": (
        replace(
            made(),
            schema=LeadSchema((*made().schema.fields, replace(made().schema["line"], name="l2", groups_of="line"))),
        ),
        "fields.l2.groups_of",
        "which is made itself",
    ),
    "a group that is known before its values": (
        made(groups_of="result"),
        "fields.line.known_at",
        "is “intake”, and result",
    ),
    "a group that must be given": (made(required=True), "fields.line.required", "the field has no column"),
    "a group under another name": (made(aliases=("Line",)), "fields.line.aliases", "the field has no column"),
    "a group of what may be proposed": (
        made_from(Field("mail", "email", "intake", actionable=True)),
        "fields.domain",
        "proposals would change one and not the other",
    ),
    "no groups at all": (made(groups=()), "fields.line.groups", "are missing"),
    "a group without a name": (made(groups=((" ", ("Google",)),)), "fields.line.groups", "one has no name"),
    "a group without values": (made(groups=(("web", ()),)), "fields.line.groups.web", "holds no value"),
    "a value in two groups": (
        made(groups=(("web", ("Google",)), ("ads", ("google ",)))),
        "fields.line.groups.ads",
        "holds “google ”, as web does",
    ),
    "a direction of what has no more and less": (
        with_field(Field("note", "text", "intake", direction="up")),
        "fields.note.direction",
        "has no meaning for text",
    ),
    "terms of what is no text": (
        with_field(Field("b", "category", "intake", terms=9)),
        "fields.b.terms",
        "has no meaning",
    ),
    "facts of what is no text": (
        with_field(Field("b", "number", "intake", finds=("salary",))),
        "fields.b.finds",
        "has no meaning for number",
    ),
    "a fact that is not known": (
        with_field(Field("b", "text", "intake", finds=("salery",))),
        "fields.b.finds",
        "“salery” cannot be found in texts",
    ),
    "a fact named twice": (
        with_field(Field("b", "text", "intake", finds=("salary", "salary"))),
        "fields.b.finds",
        "names “salary” twice",
    ),
    "a list without a phrase": (replace(SOUND, phrases=(("price", ()),)), "phrases.price", "holds no phrase"),
    "a phrase without a word": (replace(SOUND, phrases=(("price", ("?!",)),)), "phrases.price", "“?!” has no words"),
    "a phrase of thirteen words": (
        replace(SOUND, phrases=(("price", ("how " * 13,)),)),
        "phrases.price",
        "has 13 words",
    ),
    "a phrase file of another kind": (
        replace(SOUND, phrase_files=("phrases.csv",)),
        "phrase_files",
        "“phrases.csv” is neither",
    ),
    "a phrase file named twice": (
        replace(SOUND, phrase_files=("phrases.txt", "phrases.txt")),
        "phrase_files",
        "names “phrases.txt” twice",
    ),
    "a phrase file elsewhere": (
        replace(SOUND, phrase_files=("../phrases.txt",)),
        "phrase_files",
        "“../phrases.txt” lies outside",
    ),
    "an alias that two fields claim": (
        with_field(Field("b", "text", "intake", aliases=("id",))),
        "fields.b.aliases",
        "“id” is also claimed by id",
    ),
    "formats of a text": (changed_field("Lead Source", formats=("iso",)), "fields.Lead Source.formats", "no meaning"),
    "a time format that is none": (
        changed_field("asked_at", formats=("iso", "dd/mm")),
        "fields.asked_at.formats",
        "“dd/mm” is no way to write a time",
    ),
    "a number format that is none": (
        with_field(Field("b", "money", "intake", formats=("decimal_comma", "iso"))),
        "fields.b.formats",
        "knows only decimal_comma",
    ),
    "a text that somebody could change": (
        with_field(Field("b", "text", "intake", actionable=True)),
        "fields.b.actionable",
        "of type text",
    ),
    "something known too late that somebody could change": (
        changed_field("result", actionable=True),
        "fields.result.actionable",
        "known at outcome and leads are scored at intake",
    ),
    "something unused that somebody could change": (
        with_field(Field("b", "number", "intake", use=False, actionable=True)),
        "fields.b.actionable",
        "not used for scores",
    ),
    "an identifier that somebody could change": (
        replace(with_field(Field("b", "phone", "intake", actionable=True)), lead_id="b"),
        "fields.b.actionable",
        "not used for scores",
    ),
    "nothing to learn from": (
        replace(
            SOUND,
            schema=LeadSchema(tuple(replace(field, use=False) for field in SOUND.schema.fields), SOUND.schema.moments),
        ),
        "fields",
        "leave nothing to learn from",
    ),
    "a lead_id that is no field": (replace(SOUND, lead_id="idd"), "lead_id", "names “idd”, which is no field"),
    "a group that is no field": (replace(SOUND, group_by="account"), "group_by", "names “account”"),
    "outcomes by what is no field": (replace(SOUND, outcomes_by="deal"), "outcomes_by", "names “deal”"),
    "an order by what is no field": (replace(SOUND, order=Order("field", "when")), "order.field", "names “when”"),
    "a target in what is no field": (target(column="won"), "targets.bought.column", "names “won”"),
    "a ruling on what is no field": (
        replace(SOUND, rulings=(replace(RULING, field="source"),)),
        "rulings.source",
        "names “source”",
    ),
    "an order by text": (replace(SOUND, order=Order("field", "Lead Source")), "order.field", "is of type category"),
    "an order by no field": (replace(SOUND, order=Order("field")), "order.field", "is missing"),
    "rows and a field": (
        replace(SOUND, order=Order("rows", "asked_at", "last")),
        "order.field",
        "has no meaning where rows",
    ),
    "rows whose newest is the largest": (replace(SOUND, order=Order("rows")), "order.newest", "is “largest”"),
    "a field whose newest is the last": (
        replace(SOUND, order=Order("field", "asked_at", "last")),
        "order.newest",
        "is “last”",
    ),
    "a feature that names no function": (replace(SOUND, features=("a.b",)), "features", "“a.b” names no function"),
    "a rule in another folder": (replace(SOUND, rules=("../a:b",)), "rules", "“../a:b” names no function"),
    "a feature twice": (replace(SOUND, features=("a:b", "a:b")), "features", "names “a:b” twice"),
    "a ruling without a reason": (
        replace(SOUND, rulings=(replace(RULING, because=" "),)),
        "rulings.Lead Source",
        "gives no reason",
    ),
    "a ruling without a finding": (
        replace(SOUND, rulings=(Ruling("Lead Source", "", "why"),)),
        "rulings.Lead Source",
        "names no finding",
    ),
    "a target without a name": (target(name=" "), "targets", "one has no name"),
    "no way to win": (target(positive=()), "targets.bought", "does not say when a lead counts as won"),
    "two ways to win": (target(filled=True), "targets.bought", "says in more than one way"),
    "a target without a column": (target(column=""), "targets.bought.column", "is missing"),
    "a label that names no function": (
        target(positive=(), column="", label="won"),
        "targets.bought.label",
        "“won” names no function",
    ),
    "an outcome known when scoring": (
        changed_field("result", known_at="intake"),
        "fields.result.known_at",
        "is “intake”, yet it is the outcome",
    ),
    "a time of the outcome that is no time": (
        replace(with_field(Field("b", "text", "outcome")), target=replace(SOUND.target, at="b")),
        "targets.bought.at",
        "is of type text",
    ),
    "a deadline without the time of the outcome": (
        target(within_days=30.0),
        "targets.bought.within_days",
        "needs the time of the outcome",
    ),
    "a deadline without the time of the lead": (
        replace(with_field(ENDED), order=None, target=replace(SOUND.target, **TIMED)),
        "targets.bought.within_days",
        "needs the time of the lead",
    ),
    "a grade of what is no number": (
        target(positive=(), graded=True),
        "targets.bought.graded",
        "result is of type category",
    ),
    "a grade with a deadline": (
        replace(
            with_field(ENDED), target=replace(SOUND.target, positive=(), graded=True, label="labels:grade", **TIMED)
        ),
        "targets.bought.graded",
        "and within_days do not go together",
    ),
    "leads alike in calibration although none is doubtful": (
        target(calibrate="all alike"),
        "targets.bought.calibrate",
        "has no meaning without a confidence",
    ),
    "now for leads without times": (
        replace(SOUND, order=Order("rows", newest="last", absent="now")),
        "order.absent",
        "needs a time to stand for",
    ),
    "densities of what is no text": (
        with_field(Field("b", "category", "intake", densities=True)),
        "fields.b.densities",
        "has no meaning for category",
    ),
    "a confidence that is no number": (
        replace(with_field(Field("b", "text", "outcome")), target=replace(SOUND.target, confidence="b")),
        "targets.bought.confidence",
        "is of type text",
    ),
    "open leads weighed without a window": (
        target(open_leads="weighed"),
        "targets.bought.open_leads",
        "needs the window",
    ),
    "a gap without the time of the lead": (
        replace(SOUND, order=None, training=replace(SOUND.training, gap_days=5.0)),
        "training.gap_days",
        "needs the time of the lead",
    ),
    "blocks in time without an order": (
        replace(SOUND, order=None, training=replace(SOUND.training, validation="rolling origin")),
        "training.validation",
        "needs the order of leads",
    ),
    "segments of what is no category": (replace(SOUND, segment_by="id"), "segment_by", "names a field of type id"),
    "segments known too late": (replace(SOUND, segment_by="result"), "segment_by", "is known only at outcome"),
    "an amount that is no number": (
        replace(with_field(Field("b", "text", "outcome")), target=replace(SOUND.target, value="b")),
        "targets.bought.value",
        "is of type text",
    ),
    "horizons without the time of the outcome": (
        target(horizons=(7,)),
        "targets.bought.horizons",
        "need the time of the outcome",
    ),
    "horizons without the time of the lead": (
        replace(with_field(ENDED), order=None, target=replace(SOUND.target, at="won_at", horizons=(7,))),
        "targets.bought.horizons",
        "need the time of the lead",
    ),
    "horizons that do not rise": (
        replace(with_field(ENDED), target=replace(SOUND.target, at="won_at", horizons=(30, 7))),
        "targets.bought.horizons",
        "do not rise",
    ),
    "a horizon after which no outcome counts": (
        replace(with_field(ENDED), target=replace(SOUND.target, **TIMED, horizons=(7, 365))),
        "targets.bought.horizons",
        "reach to 365 days",
    ),
    "low scores without a band": (bands((50.0, 0.5), (10.0, 0.5)), "bands", "scores under 10 have none"),
    "low scores without a route": (routes(50.0, 10.0), "routes", "scores under 10 have none"),
    "no routes": (routes(), "routes", "there are none"),
    "two bands at one score": (bands((0.0, 0.5), (0.0, 0.5)), "bands", "two start at the same score"),
    "two routes at one score": (routes(10.0, 10.0, 0.0), "routes", "two start at the same score"),
    "two routes of one key": (
        with_routes(Route("a", 50.0, key="x"), Route("b", 0.0, key="x")),
        "routes",
        "two go by “x”",
    ),
    "a route that asks for what is no target": (
        with_routes(Route("a", 50.0, when=(("gain", 50.0),)), Route("b", 0.0)),
        "routes.a.when",
        "names “gain”, which is no target",
    ),
    "a route that nobody goes": (
        with_routes(Route("a", 0.0), Route("b", 0.0, when=((SOUND.target.name, 50.0),))),
        "routes.b",
        "is never reached",
    ),
    "scores whose only route asks for more": (
        with_routes(Route("a", 0.0, when=((SOUND.target.name, 50.0),))),
        "routes",
        "there are none",
    ),
    "a value that is won and lost": (
        replace(SOUND, target=replace(SOUND.target, negative=(SOUND.target.positive[0].upper(),))),
        f"targets.{SOUND.target.name}.negative",
        "stands under positive too",
    ),
    "open values without those that mean won": (
        replace(SOUND, target=replace(SOUND.target, positive=(), filled=True, open=("working",))),
        f"targets.{SOUND.target.name}.open",
        "needs the values that mean won beside it",
    ),
    "phrases of what is no text": (
        with_field(Field("b", "number", "intake", phrases=())),
        "fields.b.phrases",
        "has no meaning for number",
    ),
    "a field that looks for no list of the playbook": (
        with_field(Field("b", "text", "intake", phrases=("moods",))),
        "fields.b.phrases",
        "names “moods”, and there is no such list",
    ),
    "the lowest band first": (bands((0.0, 0.5), (50.0, 0.5)), "bands", "are not in order"),
    "a band that begins where scores end": (bands((100.0, 0.5), (0.0, 0.5)), "bands.b0.lowest", "is 100"),
    "shares that are not the whole": (bands((50.0, 0.5), (0.0, 0.4)), "bands", "shares add up to 0.9"),
    "a band without a name": (
        replace(SOUND, policy=Policy(bands=(Band("", 0.0, 1.0),))),
        "bands",
        "one has no name",
    ),
}


def test_a_sound_playbook_has_no_problem():
    assert find_problems(SOUND) == []
    assert find_problems(replace(with_field(ENDED), target=replace(SOUND.target, **TIMED))) == []


@pytest.mark.parametrize("name", WRONG)
def test_each_contradiction_is_told_once_with_its_place_and_its_cure(name):
    playbook, where, what = WRONG[name]
    (problem,) = find_problems(playbook)
    assert problem.where == where
    assert what in problem.what
    assert problem.mend


def test_every_contradiction_that_can_be_told_is_tried_here():
    """Each `yield Problem` of these modules was reached by one of the playbooks above or by the one without fields."""
    files = {module.__file__ for module in (check, field_check, policy_check, target_check)}
    places = {
        (file, number)
        for file in files
        for number, line in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), start=1)
        if "yield Problem(" in line
    }
    reached = set()

    def watch(frame, event, _):
        if frame.f_code.co_filename in files:
            if event == "line":
                reached.add((frame.f_code.co_filename, frame.f_lineno))
            return watch
        return None

    import sys

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        for playbook, _, _ in WRONG.values():
            find_problems(playbook)
        find_problems(replace(SOUND, schema=LeadSchema(())))
    finally:
        sys.settrace(before)
    assert len(places) > 25
    assert places <= reached


def test_a_playbook_without_fields_says_so_first():
    empty = replace(SOUND, schema=LeadSchema(()))
    assert ("fields", "declares no field") in [(problem.where, problem.what) for problem in find_problems(empty)]


def test_a_name_that_is_nearly_a_field_gets_that_field():
    (problem,) = find_problems(replace(SOUND, lead_id="Lead Sorce"))
    assert problem.mend == "did you mean “Lead Source”?"
    (problem,) = find_problems(replace(SOUND, lead_id="zzz"))
    assert problem.mend == 'declare it, as in [fields."zzz"]'


def test_contradictions_of_every_kind_come_together():
    broken = replace(
        SOUND, name="X", lead_id="nobody", features=("a",), target=Target("t"), policy=Policy(routes=(Route("r", 5.0),))
    )
    assert {problem.where for problem in find_problems(broken)} == {
        "name",
        "lead_id",
        "features",
        "targets.t",
        "routes",
    }


def test_a_target_by_label_needs_no_column():
    assert find_problems(target(column="", positive=(), label="labels:won")) == []
