"""What was answered live is what a file of the same leads gets: every logged score, to the last bit."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.api.service_for_tests import ask, open_service
from tests.api.workspaces_for_tests import copy_workspace
from tests.conftest import write_playbook
from tests.leads_for_tests import make_cells
from tests.two_targets_for_tests import TWO, make_two_cells

from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.reproduce import differences_of, leads_of, reproduce
from leadloop.flows.scoring.score import score
from leadloop.flows.simulate import simulate
from leadloop.flows.training.train import train
from leadloop.playbook import render_playbook

PACKAGED = {"b2b_calls": 450, "insurance": 900, "marketplace": 900}


def ask_all(root, playbook, leads):
    """Have leads scored live: the first ones alone, the others in batches; gives the answers."""
    with ask(open_service(root)) as client:
        cards = [client.post(f"/v1/{playbook}/score", json=lead) for lead in leads[:40]]
        assert {card.status_code for card in cards} == {200}, [card.text for card in cards if card.status_code != 200]
        answers = [card.json() for card in cards]
        for start in range(40, len(leads), 87):
            batch = client.post(f"/v1/{playbook}/scores", json={"leads": leads[start : start + 87]}).json()
            assert batch["errors"] == 0, batch
            answers += batch["results"]
    return answers


def require_parity(root, playbook, answers):
    """Every answer is in the log, and every logged score comes out the same again, one by one and from file to file."""
    place = Workspace(root)
    logged = sorted(place.store.scores.stream(playbook), key=lambda one: (one.at, one.key))
    assert [one.score for one in logged] == [answer["score"] for answer in answers]
    done = reproduce(playbook, place)
    assert (done.scores, done.differences, done.gone) == (len(answers), (), 0)
    scorer = place.registry.load(place.registry.find(playbook, "champion"))
    matrices = scorer._shared.matrices(leads_of(scorer, logged).data)
    stored = scorer.features_of(np.stack([one.features for one in logged]))
    assert {name: matrix.tobytes() for name, matrix in stored.items()} == {
        name: np.ascontiguousarray(matrices[name]).tobytes() for name in scorer.models
    }
    names = dict.fromkeys(name for one in logged for name in one.fields)
    cells = {name: pl.Series([one.fields.get(name) for one in logged], dtype=pl.String) for name in names}
    pl.DataFrame(cells).write_csv(root / "logged.csv")
    score(playbook, root / "logged.csv", root / "scored.csv", workspace=place, allow_missing_columns=True)
    scored = pl.read_csv(root / "scored.csv")
    assert scored["score"].to_list() == [one.score for one in logged]
    assert scored["probability"].to_list() == [round(one.probability, 6) for one in logged]
    return logged


def test_every_score_of_a_small_playbook_is_reproduced(workspace, tmp_path):
    copy_workspace(workspace.root, tmp_path)
    leads = make_cells(300, seed=11)[0].drop("won").to_dicts()
    for place, lead in enumerate(leads):  # as programs send them: typed, with gaps, some under no name at all
        lead["visits"] = float(lead["visits"]) if lead["visits"] and place % 3 else lead["visits"]
        lead["opted_out"] = lead["opted_out"] == "yes" if place % 2 else lead["opted_out"]
        lead["number"] = int(lead["number"]) if place % 5 else float(lead["number"]) / 7
        if place % 4 == 0:
            del lead["id"]
    answers = ask_all(tmp_path, "tiny", leads)
    logged = require_parity(tmp_path, "tiny", answers)
    assert [one.lead_id for one in logged] == [lead.get("id", "") for lead in leads]
    assert {one.policy for one in logged} == {
        Workspace(tmp_path).registry.load(workspace.result.version).playbook.policy.fingerprint
    }
    assert logged[0].card["starts_at"] + math.fsum(why["points"] for why in logged[0].card["reasons"]) == pytest.approx(
        logged[0].score, abs=0.01
    )


def test_features_of_several_targets_are_kept_one_target_after_the_other(tmp_path):
    cells, _ = make_two_cells(900, seed=4)
    cells[:700].write_csv(tmp_path / "past.csv")
    train(
        write_playbook(tmp_path / "two", render_playbook(TWO)), tmp_path / "past.csv", workspace=tmp_path, promote=True
    )
    leads = cells[700:].drop("moved_on", "fits").to_dicts()
    logged = require_parity(tmp_path, "two", ask_all(tmp_path, "two", leads))
    assert [one["target"] for one in logged[0].card["targets"]] == ["progression", "voice_fit"]


@pytest.mark.parametrize("name", ["b2b_calls", "insurance", pytest.param("marketplace", marks=pytest.mark.long)])
def test_every_score_of_a_packaged_playbook_is_reproduced(name, tmp_path):
    world = simulate(name, tmp_path / "world", leads=PACKAGED[name], seed=3, days=365.0).folder
    events = world / "events.csv" if read_playbook(name).playbook.events else None
    train(
        name,
        world / "leads.csv",
        events=events,
        workspace=tmp_path,
        promote=True,
        trials=1,
        time_budget=1.0,
    )
    known = Workspace(tmp_path).registry
    scorer = known.load(known.find(name, "champion"))
    fields = [one.name for one in scorer.playbook.scoring_schema.fields if not one.made_from]
    later = simulate(name, tmp_path / "later", leads=200, seed=5, days=60.0).folder / "leads.csv"
    cells = pl.read_csv(later, infer_schema=False)
    leads = cells.select([column for column in cells.columns if column in fields]).to_dicts()
    order = scorer.playbook.order
    free = order is not None and order.absent == "now"
    for place, lead in enumerate(leads):
        if free and place % 2:
            del lead[order.field]
    logged = require_parity(tmp_path, name, ask_all(tmp_path, name, leads))
    if free:
        assert all(order.field in one.fields for one in logged)
        # The moment of scoring it is, and another one would not do: the check can fail.
        moved = [replace(one, fields={**one.fields, order.field: "2001-01-01T00:00:00"}) for one in logged]
        assert differences_of(scorer, moved)


def test_a_logged_score_that_is_not_the_versions_is_told(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    ask_all(tmp_path, "tiny", [{"id": "a", "visits": 3}, {"id": "b", "visits": 4}])
    first, second = place.store.scores.stream("tiny")
    scorer = place.registry.load(workspace.result.version)
    assert differences_of(scorer, [first, second]) == []
    wrong = np.nextafter(second.features, np.float32(np.inf))
    assert differences_of(scorer, [replace(first, score=first.score + 0.01)])[0].endswith("score")
    assert differences_of(scorer, [replace(second, features=wrong)])[0].endswith("features")
