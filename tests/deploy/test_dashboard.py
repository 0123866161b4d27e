"""A dashboard whose every panel has something to show."""

import re

import pytest

from deploy.files import dashboard
from deploy.promql import metrics_asked_for, metrics_there_are

PANELS = dashboard()["panels"]
GRAPHS = [panel for panel in PANELS if panel["type"] != "row"]
VARIABLES = {variable["name"]: variable for variable in dashboard()["templating"]["list"]}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def expressions(panel):
    return [target["expr"] for target in panel["targets"]]


def without_variables(expression):
    """The expression as Prometheus gets it."""
    expression = re.sub(r"\$__(rate_interval|range)\b", "5m", expression)
    return re.sub(r"\$\w+", ".*", expression)


def family(metric):
    """The metric that a series is of."""
    return re.sub(r"_(bucket|sum|count|total)$", "", metric)


@pytest.mark.parametrize("panel", GRAPHS, ids=lambda panel: panel["title"])
def test_panel_asks_for_metrics_that_there_are(panel):
    assert panel["targets"]
    for expression in expressions(panel):
        asked = metrics_asked_for(without_variables(expression))
        assert asked
        assert asked <= metrics_there_are()


@pytest.mark.parametrize("panel", GRAPHS, ids=lambda panel: panel["title"])
def test_panel_uses_the_data_source_and_variables_that_are_chosen(panel):
    assert panel["datasource"] == SOURCE
    assert all(target["datasource"] == SOURCE for target in panel["targets"])
    for expression in expressions(panel):
        used = set(re.findall(r"\$(\w+)", expression)) - {"__rate_interval", "__range"}
        assert "job" in used
        assert used <= VARIABLES.keys()


def test_panels_have_ids_of_their_own_and_do_not_overlap():
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in PANELS)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_targets_of_a_panel_have_ids_of_their_own():
    for panel in GRAPHS:
        ids = [target["refId"] for target in panel["targets"]]
        assert len(set(ids)) == len(ids)


def test_variables_are_read_from_metrics_that_there_are():
    assert VARIABLES.keys() == {"datasource", "job", "instance", "cache"}
    assert VARIABLES["datasource"]["type"] == "datasource"
    for variable in VARIABLES.values():
        if variable["type"] == "query":
            (selector,) = re.findall(r"label_values\((.*), \w+\)", variable["definition"])
            assert metrics_asked_for(without_variables(selector)) <= metrics_there_are()


def test_every_metric_of_ours_is_shown():
    shown = {
        family(metric)
        for panel in GRAPHS
        for expression in expressions(panel)
        for metric in metrics_asked_for(without_variables(expression))
    }
    ours = {family(name) for name in metrics_there_are() if name.startswith("nearhit_")}
    assert ours <= shown
