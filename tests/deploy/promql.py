"""What a PromQL expression asks for, and what there is to ask for."""

import inspect
from typing import Any

import promql_parser
from prometheus_client import CollectorRegistry

from deploy.files import rules
from nearhit_server.core.ports import Storage
from nearhit_server.telemetry.metrics import Metrics


def metrics_asked_for(expression: str) -> set[str]:
    """The names of the metrics in an expression. Raises ValueError if it does not parse."""
    names: set[str] = set()

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            assert node.name, f"a selector without a name in {expression!r}"
            names.add(node.name)

    promql_parser.walk(promql_parser.parse(expression), visit)
    return names


def metrics_there_are() -> set[str]:
    """The series that the server exports, those that Prometheus makes itself, and recorded ones."""
    metrics = Metrics(version="0")
    # Some are there only once they have a value.
    metrics.set_certificate_expiry(0)
    return _exported(metrics.registry) | {"up"} | {r["record"] for r in rules() if "record" in r}


def store_operations() -> set[str]:
    """The values of the label `operation`."""
    return {name for name, _ in inspect.getmembers(Storage, inspect.iscoroutinefunction)}


def _exported(registry: CollectorRegistry) -> set[str]:
    names = set()
    for family in registry.collect():
        names.add(family.name)
        match family.type:
            case "counter":
                names.add(f"{family.name}_total")
            case "histogram":
                names |= {f"{family.name}_{part}" for part in ("bucket", "sum", "count")}
    return names
