"""Rules that Prometheus would take, about metrics that there are."""

import re

import pytest
from promql_parser import parse_duration

from deploy.files import RULES, SCRAPE, alerts, documents, rules
from deploy.promql import metrics_asked_for, metrics_there_are, store_operations
from nearhit_server.core.errors import Reason
from nearhit_server.core.observing import Shed

RECORDED = [rule for rule in rules() if "record" in rule]
NAMES = [alert["alert"] for alert in alerts()]
VALUES = {"cause": set(Shed), "reason": set(Reason), "operation": store_operations()}
"""What the labels can be of which the server has a fixed set."""
READS = {
    *("check", "count", "find_exact", "find_nearest", "get", "get_cache", "get_embeddings"),
    *("get_key", "get_namespace_rows", "has_namespace_rows", "list_caches", "list_entries"),
    *("list_keys", "list_reports", "list_shadow_searches", "read_tallies", "size_bytes"),
}
"""The operations of a store that write nothing."""


def labels_kept(expression: str) -> set[str]:
    """The labels that every aggregation in it, and every recorded rule that it uses, leaves."""
    clauses = [clause.split(", ") for clause in re.findall(r" by \(([^)]*)\)", expression)]
    levels = [level.split("_") for level in re.findall(r"\b([a-z_]+):nearhit", expression)]
    kept = [set(labels) for labels in (*clauses, *levels)]
    return set.intersection(*kept) - {"le"} if kept else set()


def test_file_has_nothing_but_named_groups_of_rules():
    (file,) = documents(RULES)
    assert file.keys() == {"groups"}
    assert all(group.keys() == {"name", "rules"} for group in file["groups"])
    names = [group["name"] for group in file["groups"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_expression_parses_and_asks_only_for_metrics_that_there_are(rule):
    asked = metrics_asked_for(rule["expr"])
    assert asked
    assert asked <= metrics_there_are()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_expression_asks_only_for_values_that_labels_have(rule):
    for label, values in re.findall(r'\b(cause|reason|operation)[!=]~?"([^"]*)"', rule["expr"]):
        for value in values.split("|"):
            assert any(re.fullmatch(value, each) for each in VALUES[label]), value


def test_alert_of_failed_writes_is_about_every_operation_that_writes():
    (alert,) = (each for each in alerts() if each["alert"] == "NearhitStoreWriteFailures")
    (pattern,) = re.findall(r'operation=~"([^"]*)"', alert["expr"])
    assert {each for each in store_operations() if not re.fullmatch(pattern, each)} == READS


@pytest.mark.parametrize("rule", RECORDED, ids=lambda rule: rule["record"])
def test_recorded_name_begins_with_the_labels_that_are_left(rule):
    assert rule.keys() == {"record", "expr"}
    level, metric, operation = rule["record"].split(":")
    assert set(level.split("_")) == labels_kept(rule["expr"])
    assert metric.startswith("nearhit_")
    assert operation


def test_recorded_names_are_used_by_a_rule():
    used = set.union(*(metrics_asked_for(rule["expr"]) for rule in rules()))
    assert {rule["record"] for rule in RECORDED} <= used


@pytest.mark.parametrize("alert", alerts(), ids=NAMES)
def test_alert_has_all_that_whoever_is_paged_needs(alert):
    assert alert.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert alert["labels"].keys() == {"severity"}
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
    if "for" in alert:
        assert parse_duration(alert["for"])


@pytest.mark.parametrize("alert", alerts(), ids=NAMES)
def test_alert_names_only_labels_that_its_expression_keeps(alert):
    named = set(re.findall(r"\$labels\.(\w+)", " ".join(alert["annotations"].values())))
    # Where nothing is added up, the target's own labels are left.
    assert named <= (labels_kept(alert["expr"]) or {"instance"})


def test_alerts_are_named_once():
    assert len(set(NAMES)) == len(NAMES)


def test_rules_go_by_the_job_that_is_scraped():
    (file,) = documents(SCRAPE)
    (job,) = file["scrape_configs"]
    named = set(re.findall(r'job="(\w+)"', RULES.read_text()))
    assert named == {job["job_name"]}
    assert job["scheme"] == "https"
    assert "credentials_file" in job["authorization"]
