import tomllib
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.playbook.playbooks_for_tests import TEXT, playbooks

from leadloop.errors import PlaybookError, Problem
from leadloop.leads import Field, LeadSchema
from leadloop.playbook import (
    Band,
    Derived,
    Order,
    Playbook,
    Policy,
    Route,
    Ruling,
    Target,
    fingerprint_playbook,
    parse_playbook,
    render_playbook,
)
from leadloop.playbook.check import find_problems
from leadloop.playbook.events import Events
from leadloop.playbook.history import History
from leadloop.playbook.parsing import _read_playbook
from leadloop.playbook.table_reader import TableReader

usual = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
WRITTEN = parse_playbook(TEXT)


def problems(text):
    with pytest.raises(PlaybookError) as refused:
        parse_playbook(text, subject="leads")
    return [(problem.where, problem.what, problem.mend) for problem in refused.value.problems]


def mended(text, old, new):
    assert text.count(old) == 1, old
    return text.replace(old, new)


@usual
@given(playbooks())
def test_what_is_written_reads_back_as_the_same_playbook(playbook):
    text = render_playbook(playbook)
    assert parse_playbook(text) == playbook
    assert render_playbook(parse_playbook(text)) == text


MADE = """
[fields.Email]
type = "email"
[fields.channel]
type = "category"
groups_of = "Lead Source"
[fields.channel.groups]
web = ["Google", "Bing"]
"word of mouth" = ["Referral"]
[fields.provider]
type = "category"
domain_of = "Email"
"""


def test_fields_that_are_made_from_others_are_read_and_written():
    playbook = parse_playbook(TEXT + MADE)
    channel, provider = playbook.schema["channel"], playbook.schema["provider"]
    assert (channel.groups_of, channel.made_from) == ("Lead Source", "Lead Source")
    assert channel.groups == (("web", ("Google", "Bing")), ("word of mouth", ("Referral",)))
    assert (provider.domain_of, provider.made_from) == ("Email", "Email")
    assert parse_playbook(render_playbook(playbook)) == playbook


def test_groups_that_are_no_lists_of_texts_are_told_with_their_place():
    wrong = MADE.replace('web = ["Google", "Bing"]', 'web = "Google"')
    assert [where for where, _, _ in problems(TEXT + wrong)] == ["fields.channel.groups.web"]


def confirmed(playbook: Playbook) -> Playbook:
    """The same playbook, every guess taken for granted."""
    return replace(
        playbook,
        schema=LeadSchema(tuple(replace(field, guess=()) for field in playbook.schema.fields), playbook.schema.moments),
        target=replace(playbook.target, guess=()),
        more_targets=tuple(replace(target, guess=()) for target in playbook.more_targets),
        order=playbook.order and replace(playbook.order, guess=()),
    )


@usual
@given(playbooks())
def test_a_playbook_keeps_its_fingerprint_on_disk_and_when_guesses_are_confirmed(playbook):
    before = fingerprint_playbook(playbook)
    assert fingerprint_playbook(parse_playbook(render_playbook(playbook))) == before
    assert fingerprint_playbook(confirmed(playbook)) == before


@usual
@given(playbooks(), playbooks())
def test_two_playbooks_share_a_fingerprint_only_when_they_say_the_same(one, other):
    assert (fingerprint_playbook(one) == fingerprint_playbook(other)) == (confirmed(one) == confirmed(other))


CHANGES = {
    "name": {"name": "insurance2"},
    "schema": {"schema": LeadSchema(tuple(replace(field, missing=("?",)) for field in WRITTEN.schema.fields))},
    "scores_at": {"scores_at": "outcome"},
    "target": {"target": Target("bought", "result", positive=("bought", "renewed"))},
    "policy": {"policy": Policy()},
    "training": {"training": replace(WRITTEN.training, seed=8)},
    "order": {"order": Order("field", "asked_at", "smallest")},
    "lead_id": {"lead_id": ""},
    "group_by": {"group_by": "id"},
    "outcomes_by": {"outcomes_by": "id"},
    "segment_by": {"segment_by": "Lead Source"},
    "features": {"features": ("features:a",)},
    "rules": {"rules": ("rules:a",)},
    "phrases": {"phrases": (("price", ("how much",)),)},
    "derived": {"derived": (Derived("frequency", ("Lead Source",)),)},
    "history": {"history": (History(("Lead Source",)),)},
    "events": {"events": Events((Field("id", "id", "intake"),), "id", "at", 30.0, ("result",))},
    "phrase_files": {"phrase_files": ("phrases/urgency.txt",)},
    "rulings": {"rulings": (Ruling("Lead Source", "separates", "another reason"),)},
    "description": {"description": "Leads of the web page"},
    "synthetic": {"synthetic": True},
    "more_targets": {"more_targets": (Target("renewed", "result", positive=("renewed",)),)},
    "score": {"score": (("bought", 1.0),)},
}


def test_every_part_of_a_playbook_is_tried_for_its_fingerprint():
    assert set(CHANGES) == {field.name for field in fields(Playbook)}


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_changes_with_every_part_of_a_playbook(change):
    changed = replace(WRITTEN, **CHANGES[change])
    assert fingerprint_playbook(changed) != fingerprint_playbook(WRITTEN)


def test_the_fingerprint_does_not_depend_on_how_the_file_is_written():
    rewritten = "# A comment.\n" + TEXT.replace("lowest = 70", "lowest = 70.0").replace(
        'type = "time"', 'type = "time"\nuse = true\nrequired = false\nmissing = []  # the usual'
    ).replace("leave = 0", "leave = -0.0")
    assert rewritten.count("lowest = 70.0") == 1
    assert fingerprint_playbook(parse_playbook(rewritten)) == fingerprint_playbook(WRITTEN)
    assert parse_playbook(rewritten).policy.fingerprint == WRITTEN.policy.fingerprint


def test_whole_numbers_in_python_and_decimals_on_disk_are_one_policy():
    policy = Policy((Band("all", 0, 1),), (Route("go", 100), Route("stay", 0)), 1)
    playbook = replace(WRITTEN, policy=policy)
    again = parse_playbook(render_playbook(playbook))
    assert again == playbook
    assert again.policy.fingerprint == policy.fingerprint
    assert fingerprint_playbook(again) == fingerprint_playbook(playbook)


@pytest.mark.parametrize(
    "name", ["keep", "settings", "self", "order", "a.b", 'say "hi"', "tab\there", "é", "#1", "[x]"]
)
def test_bands_routes_phrases_and_fields_may_have_any_name(name):
    schema = LeadSchema((*WRITTEN.schema.fields, replace(WRITTEN.schema.fields[0], name=name)))
    playbook = replace(
        WRITTEN,
        schema=schema,
        policy=Policy((Band(name, 0.0, 1.0),), (Route(name, 0.0),)),
        phrases=((name, ("a", "b")),),
    )
    assert parse_playbook(render_playbook(playbook)) == playbook


def test_only_the_settings_that_say_something_are_written():
    table = tomllib.loads(render_playbook(WRITTEN))
    assert table["fields"]["asked_at"] == {"type": "time", "known_at": "intake"}
    assert "description" not in table
    assert table["capacity"] == 0.25


def test_settings_left_out_have_their_usual_values():
    playbook = parse_playbook('name = "x"\n[targets.won]\ncolumn = "b"\nfilled = true\n[fields.a]\ntype = "text"\n'
                              '[fields.b]\ntype = "time"\nknown_at = "outcome"\n')  # fmt: skip
    assert playbook == Playbook(
        name="x", schema=playbook.schema, scores_at="intake", target=Target("won", "b", filled=True)
    )
    assert playbook.schema.moments == ("intake", "outcome")


def test_every_mistake_of_a_file_is_said_at_once_each_with_its_place_and_its_cure():
    text = TEXT.replace('name = "insurance"', 'nam = "insurance"\nrules = "rules:a"')
    text = text.replace('type = "time"', 'type = "tim"').replace("capacity = 0.25", "capacity = 25")
    text = text.replace("call = 70", "call = true").replace('because = "it', 'becuase = "it')
    text = text.replace('missing = ["Select"]', "missing = [1]\nrequired = 1")
    found = problems(text + "[training]\nseed = 1.5\ntest_share = 0.9\n")
    assert {
        ("nam", "is not a setting", "did you mean name?"),
        ("name", "is missing", 'add name = "..."'),
        ("rules", "is one text where a list is wanted", 'write rules = ["rules:a"]'),
        ("capacity", "is 25", "write a number from 0.001 to 1"),
        ("routes.call", "is true or false, not a number", "write a number from 0 to 100"),
        ("rulings[1].becuase", "is not a setting", "did you mean because?"),
        ("rulings[1].because", "is missing", 'add because = "..."'),
        ("fields.Lead Source.missing", "holds what is not text", 'write missing = ["1"]'),
        ("fields.Lead Source.required", "is a number, not true or false",
         "write required = true or required = false"),
        ("training.seed", "is 1.5", "write a whole number"),
        ("training.test_share", "is 0.9", "write a number from 0.05 to 0.6"),
    } <= set(found)  # fmt: skip
    (kind,) = [problem for problem in found if problem[0] == "fields.asked_at.type"]
    assert kind[1].startswith("is “tim”, which is none of number, ")
    assert kind[2] == "did you mean time?"
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("discription", "description"),
        ("LEAD_ID", "lead_id"),
        ("fetures", "features"),
        ("rulling", "rulings"),
        ("capasity", "capacity"),
    ],
)
def test_an_unknown_setting_gets_the_nearest_one(wrong, meant):
    assert (wrong, "is not a setting", f"did you mean {meant}?") in problems(f"{wrong} = 1\n" + TEXT)


def test_a_setting_like_no_other_gets_the_whole_list():
    ((where, _, mend),) = problems(mended(TEXT, '[fields.asked_at]', '[fields.asked_at]\nzzz = 1'))  # fmt: skip
    assert where == "fields.asked_at.zzz"
    assert mend.startswith("the names here are actionable, aliases, ")
    assert "known_at" in mend


SECTIONS = ["order", "targets", "training", "bands", "routes", "phrases", "fields"]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    ("value", "kind"), [("1", "a number"), ('"x"', "text"), ("[]", "a list"), ("1979-05-27", "a date or time")]
)
def test_a_section_that_is_no_table_is_one_mistake_and_not_several(section, value, kind):
    lines, kept = [], True
    for line in TEXT.splitlines():
        if line.startswith("["):
            kept = not line.startswith((f"[{section}.", f"[{section}]"))
        lines += [line] if kept else []
    lone = 'targets.bought.filled = true\ntargets.bought.column = "result"\n' if section == "targets" else ""
    assert (parse_playbook(lone + "\n".join(lines)) if section != "fields" else WRITTEN).name == "insurance"
    found = [problem for problem in problems(f"{section} = {value}\n" + "\n".join(lines)) if problem[0] == section]
    assert found == [(section, f"is {kind}, not a table", f"write [{section}]")]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('positive = ["bought"]', 'positive = "bought"', "targets.bought.positive"),
        ("lowest = 0,", 'lowest = "0",', "bands.rest.lowest"),
        ("leave = 0", 'leave = "0"', "routes.leave"),
        ("share = 0.8", "share = 80", "bands.rest.share"),
        ('known_at = "outcome"', 'known_at = "outcom"', "fields.result.known_at"),
        ('field = "Lead Source"', "field = 3", "rulings[1].field"),
        ('name = "insurance"', "name = 5", "name"),
        ('by = "field"', 'by = "feild"', "order.by"),
    ],
)
def test_what_cannot_be_read_brings_no_second_complaint_in_its_train(old, new, place):
    assert [where for where, _, _ in problems(mended(TEXT, old, new))] == [place]


@pytest.mark.parametrize(
    ("line", "what", "mend"),
    [
        ('lead_id = 3', "is a number, not text", 'write lead_id = "3"'),
        ('lead_id = true', "is true or false, not text", 'write lead_id = "true"'),
        ('lead_id = ["id"]', "is a list, not text", 'write lead_id = "..."'),
        ('lead_id = 2024-01-31', "is a date or time, not text", 'write lead_id = "..."'),
    ],
)  # fmt: skip
def test_what_should_be_text_is_shown_as_text(line, what, mend):
    assert problems(mended(TEXT, 'lead_id = "id"', line)) == [("lead_id", what, mend)]


def test_a_name_that_toml_must_quote_is_quoted_in_the_cure():
    text = mended(TEXT, '[fields."Lead Source"]\ntype = "category"\nmissing = ["Select"]', "")
    assert ("fields.Lead Source", "is text, not a table", 'write [fields."Lead Source"]') in problems(
        'fields."Lead Source" = "category"\n' + text.replace("[fields.", "[fieldz.")
    )


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "-1", "1" + "0" * 400])
def test_numbers_that_are_none_are_refused(value):
    ((where, what, mend),) = problems(mended(TEXT, "capacity = 0.25", f"capacity = {value}"))
    assert (where, mend) == ("capacity", "write a number from 0.001 to 1")
    assert len(what) < 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "is not TOML"),
        ('name = "a"\nname = "b"', "is not TOML"),
        ("\x00", "is not TOML"),
        ("a = " + "[" * 5_000, "nests far too deeply"),
        ("a = " + "1" * 5_000, "is not TOML"),
        ("id,name,won\n1,a,yes\n", "is not TOML"),
    ],
)
def test_what_is_not_toml_is_said_as_one_mistake(text, said):
    ((where, what, _),) = problems(text)
    assert where == "file"
    assert said in what


def test_the_line_of_a_mistake_in_toml_is_named():
    assert "line 3" in problems('name = "a"\n\nbroken\n')[0][1]


def test_at_least_one_target_is_declared():
    text = mended(TEXT, '[targets.bought]\ncolumn = "result"\npositive = ["bought"]', "")
    assert problems(text) == [("targets", "declares no target", "declare at least one, as in [targets.converted]")]


SETTINGS = ["name", "moments", "fields", "targets", "order", "training", "bands", "routes", "phrases", "rulings"]
anything = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@usual
@given(st.dictionaries(st.sampled_from([*SETTINGS, "capacity", "features", "scores_at"]), anything, min_size=1))
def test_whatever_stands_in_a_setting_is_read_or_complained_of(settings_found):
    complaints: list[Problem] = []
    playbook = _read_playbook(TableReader(tomllib.loads(TEXT) | settings_found, "", complaints))
    assert complaints or find_problems(playbook) or parse_playbook(render_playbook(playbook)) == playbook
