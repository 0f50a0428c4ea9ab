from dataclasses import replace

import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.leads_for_tests import FIELDS, PLAYBOOK
from tests.two_targets_for_tests import TWO

from leadloop.errors import DataError, PlaybookError
from leadloop.flows.past.check import check, require_columns
from leadloop.leads import Field, LeadSchema
from leadloop.playbook import Target, render_playbook


def test_a_sound_playbook_comes_back_with_what_it_names(workspace):
    assert check(workspace.playbook, workspace.past).playbook == PLAYBOOK


def test_a_playbook_that_is_not_sound_is_refused_before_any_data_is_looked_at(tmp_path):
    folder = write_playbook(tmp_path, render_playbook(replace(PLAYBOOK, lead_id="nobody", group_by="nothing")))
    with pytest.raises(PlaybookError) as refused:
        check(folder, tmp_path / "nowhere.csv")
    assert [problem.where for problem in refused.value.problems] == ["lead_id", "group_by"]


def test_every_column_that_a_file_lacks_is_named(workspace, tmp_path):
    pl.read_csv(workspace.past).select("id", "number", "won", extra="noise").write_csv(tmp_path / "past.csv")
    with pytest.raises(DataError) as refused:
        check(workspace.playbook, tmp_path / "past.csv")
    assert refused.value.subject == str(tmp_path / "past.csv")
    assert [problem.where for problem in refused.value.problems] == ["visits", "source", "phone", "opted_out", "noise"]


def test_a_file_that_is_not_there_is_refused(workspace, tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv"):
        check(workspace.playbook, tmp_path / "nowhere.csv")


def test_what_is_not_known_yet_needs_no_column_when_scoring(workspace):
    found = check(workspace.playbook)
    columns = tuple(field.name for field in FIELDS if field.name != "won")
    require_columns(found, columns, "new.csv", training=False)
    with pytest.raises(DataError, match="won"):
        require_columns(found, columns, "past.csv", training=True)


def test_outcomes_of_a_file_of_their_own_need_no_column_beside_the_leads(tmp_path):
    fields = (*(field for field in FIELDS if field.name != "won"), Field("deal", "category", "outcome"))
    apart = replace(PLAYBOOK, schema=LeadSchema(fields), target=Target("won", "deal", filled=True), outcomes_by="id")
    found = check(write_playbook(tmp_path, render_playbook(apart)))
    leads = tuple(field.name for field in FIELDS if field.name != "won")
    require_columns(found, leads, "leads.csv", training=True)
    with pytest.raises(DataError, match="visits"):
        require_columns(found, leads[:2], "leads.csv", training=True)


def test_the_outcome_of_an_optional_target_needs_no_column(tmp_path):
    columns = tuple(field.name for field in TWO.schema.fields if field.name != "fits")
    sure = check(write_playbook(tmp_path / "sure", render_playbook(TWO)))
    with pytest.raises(DataError, match="fits"):
        require_columns(sure, columns, "past.csv", training=True)
    optional = replace(TWO, more_targets=(replace(TWO.more_targets[0], optional=True),))
    found = check(write_playbook(tmp_path / "optional", render_playbook(optional)))
    require_columns(found, columns, "past.csv", training=True)
    with pytest.raises(DataError) as refused:
        require_columns(found, columns[:-2], "past.csv", training=True)
    assert [problem.where for problem in refused.value.problems] == ["notes", "moved_on"]


def test_a_column_that_the_main_target_takes_its_outcome_from_too_is_asked_for(tmp_path):
    shared = Target("voice_fit", column="moved_on", positive=("no",), optional=True)
    found = check(write_playbook(tmp_path, render_playbook(replace(TWO, more_targets=(shared,)))))
    columns = tuple(field.name for field in TWO.schema.fields if field.name != "moved_on")
    with pytest.raises(DataError, match="moved_on"):
        require_columns(found, columns, "past.csv", training=True)
