"""The dashboard and the alert rules ask for measures that a running service has, in expressions that Prometheus would read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from leadloop.store.enrichment import Wanted
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace, make_keys

OPS = Path(__file__).parents[1] / "ops"
DASHBOARD = json.loads((OPS / "grafana" / "leadloop.json").read_text(encoding="utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((OPS / "prometheus" / "alerts.yml").read_bytes())["groups"]
    for rule in group["rules"]
]
OF_PROMETHEUS = {"up": {"job", "instance"}}
"""What Prometheus adds of itself."""
_VARIABLES = {"$__rate_interval": "5m", "$playbook": "tiny", "$job": "leadloop"}


_NAME = re.compile(r"\b(?:leadloop_\w+|http_server_\w+|up)\b(?=[{)\[ ,]|$)")


def in_panels() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']} {target['refId']}", target["expr"]


EXPRESSIONS = [*in_panels(), *((rule["alert"], rule["expr"]) for rule in RULES)]


@pytest.fixture(scope="module")
def page(workspace, tmp_path_factory):
    """What a service shows after some of everything has happened."""
    place = copy_workspace(workspace.root, tmp_path_factory.mktemp("watched"))
    keys = make_keys(place)
    place.store.jobs.add("train", {})
    place.store.enrichment.want("tiny", [Wanted("L1", 1.0)])
    states = place.store.source_states
    states.succeed(states.begin("fellow", "acme", "sync", since=None, at=datetime.now(UTC)))
    scorer = {"X-API-Key": keys["scorer"]}
    with ask(open_service(place.root)) as client:
        for _ in range(2):
            client.post("/v1/tiny/scores", json={"leads": [LEAD, {"visits": "many"}]}, headers=scorer)
        client.post("/v1/tiny/score", json=LEAD)
        shown = client.get("/metrics", headers={"X-API-Key": keys["analyst"]})
    assert shown.status_code == 200
    labels: dict[str, set[str]] = {name: set(own) for name, own in OF_PROMETHEUS.items()}
    values: dict[str, set[tuple[str, str]]] = {}
    for family in text_string_to_metric_families(shown.text):
        for sample in family.samples:
            labels.setdefault(sample.name, {"job", "instance"}).update(sample.labels)
            values.setdefault(sample.name, set()).update(sample.labels.items())
    return labels, values


def parse(expression: str) -> promql.Expr:
    for name, value in _VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, f"a variable that no dashboard has: {expression}"
    return promql.parse(expression)


def parts(tree: Any) -> Iterator[Any]:
    """An expression and all that it is made of."""
    yield tree
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        inner = getattr(tree, name, None)
        if isinstance(inner, promql.Expr):
            yield from parts(inner)
    for inner in getattr(tree, "args", None) or ():
        yield from parts(inner)


def selectors(tree: Any) -> list[Any]:
    return [one for one in parts(tree) if isinstance(one, promql.VectorSelector)]


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_every_expression_names_measures_and_labels_that_a_running_service_shows(page, where, expression):
    labels, values = page
    tree = parse(expression)
    named = selectors(tree)
    # What the tree lost, the text would still have: no name may go unlooked at.
    assert {one.name for one in named} == set(_NAME.findall(expression))
    for one in named:
        assert one.name in labels, f"{one.name} is not on /metrics"
        for matcher in one.matchers.matchers:
            assert matcher.name in labels[one.name], f"{one.name} has no label {matcher.name}"
            if matcher.op == promql.MatchOp.Equal and matcher.name not in ("job", "instance"):
                known = {value for name, value in values[one.name] if name == matcher.name}
                assert matcher.value in known, f"{matcher.name} of {one.name} is never {matcher.value}"
    kept = {"job", "instance"}.union(*(labels[one.name] for one in named))
    for one in parts(tree):
        by = getattr(one, "modifier", None)
        if isinstance(one, promql.AggregateExpr) and by is not None:
            assert set(by.labels) <= kept, f"grouped by {set(by.labels) - kept}"


def test_the_test_itself_finds_what_is_wrong(page):
    labels, _ = page
    for wrong in ("rate(leadloop_predictions_total)", "sum(rate(x[5m])", "ratio(leadloop_scoring)", "up{job=}"):
        with pytest.raises(ValueError, match=r"."):
            parse(wrong)
    (one,) = selectors(parse("sum by (x) (rate(leadloop_predictions[5m]))"))
    assert one.name not in labels  # the page shows leadloop_predictions_total
    assert len(selectors(parse("a / on () (b offset 5m) > bool (max_over_time(c[5m:1m]) or absent(-d))"))) == 4


def test_every_measure_of_ours_is_watched_by_a_panel(page):
    labels, _ = page
    watched = {one.name for _, expression in in_panels() for one in selectors(parse(expression))}
    families = {re.sub(r"_(total|bucket|sum|count|created)$", "", name) for name in watched}
    shown = {re.sub(r"_(total|bucket|sum|count|created)$", "", name) for name in labels}
    assert shown - families == set()


def test_the_dashboard_is_one_that_grafana_takes():
    assert {"uid", "title", "schemaVersion", "panels", "templating"} <= set(DASHBOARD)
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    source = yaml.safe_load((OPS / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_bytes())
    (known,) = {one["uid"] for one in source["datasources"]}
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert 0 <= place["x"] <= place["x"] + place["w"] <= 24, panel["title"]
        cells = {(place["x"] + i, place["y"] + j) for i in range(place["w"]) for j in range(place["h"])}
        assert not cells & taken, f"{panel['title']} lies on another panel"
        taken |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == known
            assert panel["targets"]
    variables = {f"${one['name']}" for one in DASHBOARD["templating"]["list"]}
    assert variables == {name for name in _VARIABLES if not name.startswith("$__")}


def test_every_alert_says_what_is_wrong_what_it_means_and_how_urgent_it_is():
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert re.fullmatch(r"LeadLoop[A-Z]\w+", rule["alert"])
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert {"summary", "description"} == set(rule["annotations"])
        tree = parse(rule["expr"])
        # Two servers of one Prometheus are not to be mixed up, nor those of somebody else.
        assert all(any(m.name == "job" for m in one.matchers.matchers) for one in selectors(tree)), rule["alert"]
        said = " ".join(rule["annotations"].values())
        grouped = {
            label for one in parts(tree) if isinstance(one, promql.AggregateExpr) for label in one.modifier.labels
        }
        for label in re.findall(r"\$labels\.(\w+)", said):
            assert label in grouped | ({"instance", "job"} if "up{" in rule["expr"] else set()), rule["alert"]


def test_prometheus_reads_these_rules_and_asks_the_route_that_is_there():
    config = yaml.safe_load((OPS / "prometheus" / "prometheus.yml").read_bytes())
    assert config["rule_files"] == ["alerts.yml"]
    (job,) = config["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("leadloop", "/metrics")
