"""Whoever is paged finds a section for the alert."""

import re

import pytest

from deploy.files import RUNBOOK, alerts, dashboard
from deploy.promql import metrics_there_are

TEXT = RUNBOOK.read_text()
HEADINGS = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)


def anchor(heading: str) -> str:
    """The fragment by which GitHub links to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_alert_links_to_its_own_section(alert):
    page, _, fragment = alert["annotations"]["runbook_url"].partition("#")
    assert page.endswith("/docs/operations.md")
    assert fragment == anchor(alert["alert"])


def test_sections_of_alerts_are_those_of_the_rules():
    described = [heading for heading in HEADINGS if heading.startswith("Nearhit")]
    assert described == [alert["alert"] for alert in alerts()]


def test_links_within_the_page_lead_somewhere():
    linked = set(re.findall(r"\]\(#([^)]*)\)", TEXT))
    assert linked
    assert linked <= {anchor(heading) for heading in HEADINGS}


def test_every_section_of_an_alert_says_where_to_look_or_leads_on():
    for section in re.split(r"^## ", TEXT.partition("# How it behaves")[0], flags=re.MULTILINE)[1:]:
        assert "Look first:" in section or "See [" in section or "The same" in section, section


def test_metrics_that_are_named_are_there():
    named = set(re.findall(r"\bnearhit_[a-z_]+", TEXT))
    assert named
    assert named <= metrics_there_are()


def test_panels_that_are_named_are_there():
    named = [" ".join(name.split()) for name in re.findall(r'panel\s"([^"]*)"', TEXT)]
    assert named
    titles = [panel["title"] for panel in dashboard()["panels"]]
    # Without the percentile that some titles end with.
    assert all(any(title.startswith(name) for title in titles) for name in named)
