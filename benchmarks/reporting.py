"""Tables for people, JSON for programs."""

import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import redis

Row = Mapping[str, Any]

_PACKAGES = ("grpcio", "numpy", "openvino", "redis", "redisvl", "sentence-transformers", "torch")


def print_table(title: str, rows: Sequence[Row]) -> None:
    """Print rows with the same keys as a Markdown table."""
    if not rows:
        return
    cells = [list(rows[0]), *[[_shown(value) for value in row.values()] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    head, *body = [_line(line, widths) for line in cells]
    rule = _line(["-" * width for width in widths], widths)
    print(f"\n{title}\n", head, rule, *body, sep="\n", flush=True)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def _shown(value: Any) -> str:
    match value:
        case float():
            return f"{value:,.3f}"
        case int():
            return f"{value:,}"
    return str(value)


def paired(figures: Sequence[float], others: Sequence[float]) -> float:
    """The median ratio of a round: what slows the machine down for a while slows down both."""
    return median(_ratios(figures, others))


def spread(figures: Sequence[float], others: Sequence[float]) -> str:
    """The quartiles of those ratios: half of the rounds lie between."""
    ratios = _ratios(figures, others)
    if len(ratios) == 1:
        return "one round"
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return f"{low:.2f}-{high:.2f}"


def _ratios(figures: Sequence[float], others: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(figures, others, strict=True)]


def write_json(path: Path | None, results: Mapping[str, Any]) -> None:
    """Write the results with the machine they are from."""
    if path is not None:
        path.write_text(json.dumps(results, indent=2) + "\n")


def machine(url: str) -> dict[str, Any]:
    """What the numbers depend on."""
    with redis.Redis.from_url(url) as client:
        modules = {
            module[b"name"].decode(): module[b"ver"]
            for module in map(_by_name, client.execute_command("MODULE LIST"))
        }
        redis_version = client.info("server")["redis_version"]
    return {
        "cpu": _cpu(),
        "python": platform.python_version(),
        "redis": redis_version,
        "redis_modules": modules,
        "packages": {package: version(package) for package in _PACKAGES},
    }


def _by_name(module: Any) -> dict[bytes, Any]:
    if isinstance(module, dict):
        return {_bytes(name): value for name, value in module.items()}
    return dict(zip(map(_bytes, module[::2]), module[1::2], strict=True))


def _bytes(name: Any) -> bytes:
    return name if isinstance(name, bytes) else str(name).encode()


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} x {models[0]}" if models else platform.processor()
