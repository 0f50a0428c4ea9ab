import json
from dataclasses import replace

import polars as pl
import pytest
from tests.conftest import write_playbook
from tests.learning.discovery.paired_leads import PLAYBOOK, make_leads
from typer.testing import CliRunner

from leadloop.cli.app import app
from leadloop.flows.scoring.score import load
from leadloop.flows.training.train import train
from leadloop.playbook import Derived, Order, Training, parse_playbook, render_playbook

COMMENT = "# Written by hand; keep it.\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A playbook and a file of leads in which a pair of values matters."""
    root = tmp_path_factory.mktemp("pairs")
    training = Training(min_leads=100, min_positives=20, learners=("logistic regression",), trials=1)
    text = render_playbook(replace(PLAYBOOK, training=training, order=Order("rows", newest="last")))
    write_playbook(root / "pairs", COMMENT + text)
    make_leads(3_000, 3, cross=1.8)[0].data.write_csv(root / "leads.csv")
    return root


@pytest.fixture
def run(monkeypatch, place):
    monkeypatch.chdir(place)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_what_is_discovered_is_written_with_its_evidence_and_serves(run, place):
    before = (place / "pairs" / "playbook.toml").read_text()
    told = run("discover", "pairs", "leads.csv")
    assert told.exit_code == 0, told.stderr
    assert "source with form" in told.stdout
    assert "The test leads were not looked at." in told.stdout
    assert (place / "pairs" / "playbook.toml").read_text() == before
    written = run("discover", "pairs", "leads.csv", "--write")
    assert written.exit_code == 0, written.stderr
    text = (place / "pairs" / "playbook.toml").read_text()
    assert text.startswith(before.rstrip())
    (derived,) = parse_playbook(text).derived
    assert replace(derived, because="") == Derived("cross", ("source", "form"))
    assert "standard errors above chance" in derived.because
    train(place / "pairs", place / "leads.csv", workspace=place, promote=True)
    lead = {"minutes": 9, "pages": 3, "size": 20, "source": "chat", "form": "demo", "country": "c1", "member": "no"}
    trained = load(place / "pairs", workspace=place)
    (card,) = trained.score(PLAYBOOK.schema.read(pl.DataFrame([lead])).leads)
    reasons = {reason.field: reason for reason in card.reasons}
    assert reasons["source with form"].points > 0
    assert "is a pair of values won more often than the two alone promise" in str(reasons["source with form"])
    again = run("discover", "pairs", "leads.csv", "--json")
    assert "source with form" not in again.stdout


def test_an_ablation_prints_a_line_for_each_family_and_writes_only_what_was_asked_for(run, place):
    files = sorted(path.name for path in place.iterdir())
    told = run("ablate", "pairs", "leads.csv", "-o", "ablation.json")
    assert told.exit_code == 0, told.stderr
    assert sorted(path.name for path in place.iterdir()) == sorted([*files, "ablation.json"])
    found = json.loads((place / "ablation.json").read_text())
    names = [line["name"] for line in found["lines"]]
    assert {"numbers", "category: source", "category: form", "categories, all", "yes or no"} <= set(names)
    for name in names:
        assert f"\n{name} " in told.stdout
    printed = run("ablate", "pairs", "leads.csv", "--fields", "--json")
    assert {"minutes", "source"} <= {line["name"] for line in json.loads(printed.stdout)["lines"]}


def test_a_leak_nobody_ruled_on_stops_both(run, place):
    text = (place / "pairs" / "playbook.toml").read_text()
    leaky = text.replace(
        '[fields.won]\ntype = "boolean"', '[fields.copy]\ntype = "category"\n\n[fields.won]\ntype = "boolean"'
    )
    write_playbook(place / "leaky", leaky)
    rows = (place / "leads.csv").read_text().splitlines()
    copied = [f"{rows[0]},copy", *(f"{row},{'signed' if row.endswith('true') else ''}" for row in rows[1:])]
    (place / "leaky.csv").write_text("\n".join(copied))
    for command in ("ablate", "discover"):
        refused = run(command, "leaky", "leaky.csv")
        assert refused.exit_code == 2
        assert "fields.copy" in refused.stderr
