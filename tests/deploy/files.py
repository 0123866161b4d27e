"""The files that people deploy, as data."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MANIFESTS = ROOT / "deploy/kubernetes"
KUSTOMIZATION = MANIFESTS / "kustomization.yaml"
DASHBOARD = ROOT / "deploy/grafana/nearhit.json"
SCRAPE = ROOT / "deploy/prometheus/scrape.yaml"
RULES = ROOT / "deploy/prometheus/alerts.yaml"
RUNBOOK = ROOT / "docs/operations.md"

Document = dict[str, Any]


def documents(path: Path) -> list[Document]:
    return list(yaml.safe_load_all(path.read_text()))


def manifests() -> list[Document]:
    """Every object for Kubernetes, the example of a Secret included."""
    paths = sorted(MANIFESTS.glob("*.yaml"))
    return [manifest for path in paths if path != KUSTOMIZATION for manifest in documents(path)]


def manifest(kind: str) -> Document:
    """The only object of a kind."""
    (found,) = (each for each in manifests() if each["kind"] == kind)
    return found


def rules() -> list[Document]:
    """Every rule for Prometheus, recording rules included."""
    (file,) = documents(RULES)
    return [rule for group in file["groups"] for rule in group["rules"]]


def alerts() -> list[Document]:
    return [rule for rule in rules() if "alert" in rule]


def dashboard() -> Document:
    return json.loads(DASHBOARD.read_text())


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """The instructions of a Dockerfile and their arguments, continuation lines joined."""
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line:
            name, _, arguments = line.partition(" ")
            yield name, arguments
