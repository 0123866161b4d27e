"""Draws what the other scripts have measured.

.venv/bin/python -m benchmarks.plot FOLDER [--output FOLDER]

FOLDER holds what they wrote with --json: redisvl.json, encoder.json, echo.json, footprint.json and
redis_growth.json. What is not there is not drawn.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from benchmarks.plotting import Panel, bars, curves, lines

Results = Mapping[str, Any]


def throughput(results: Results) -> list[Panel]:
    """Searches a second, beside RedisVL, the bare encoder and a bare gRPC server."""
    panels = []
    if "redisvl" in results:
        title = _title_of(results["redisvl"], " callers")
        rows = results["redisvl"][title]
        panels.append(
            bars(
                f"Searches for fresh texts a second, {title}, on one Redis",
                {row["cache"]: row["searches a second"] for row in rows},
            )
        )
    if "encoder" in results:
        rows = results["encoder"]["Fresh texts"]
        panels.append(
            bars(
                "Fresh texts a second, beside the bare model in its best batches",
                {row["what"]: row["texts a second"] for row in rows},
            )
        )
    if "echo" in results:
        rows = results["echo"]["Throughput"]
        panels.append(
            bars(
                "Exact hits a second, beside a bare gRPC server that echoes",
                {_of_nearhit(row["server"]): row["calls a second"] for row in rows},
            )
        )
    return panels


def latencies(results: Results) -> list[Panel]:
    """Percentiles of the same searches."""
    if "redisvl" not in results:
        return []
    prefix = "Latencies, "
    return [
        curves(f"Searches for fresh texts, {title.removeprefix(prefix)}", measured)
        for title, measured in results["redisvl"].items()
        if title.startswith(prefix)
    ]


def footprint(results: Results) -> list[Panel]:
    """Start and memory."""
    if "footprint" not in results:
        return []
    rows = results["footprint"]["Footprint"]
    return [
        bars(
            "Seconds from the start until it can be searched",
            {row["process"]: row["ready after s"] for row in rows},
        ),
        bars(
            f"Megabytes in use after {rows[0]['searches']:,} searches, or a minute of them",
            {row["process"]: row["resident MB after them"] for row in rows},
        ),
    ]


def growth(results: Results) -> list[Panel]:
    """Searches with the caller's vectors as a cache on Redis grows."""
    if "redis_growth" not in results:
        return []
    rows = results["redis_growth"]["Searches, run 1"]
    named = {
        "a call over gRPC, median": "Search median ms",
        "a call over gRPC, p99": "Search p99 ms",
        "the store alone, median": "find_nearest median ms",
    }
    return [
        lines(
            "Searches with the caller's vectors, by entries of a cache on Redis",
            [row["entries"] for row in rows],
            {name: [row[column] for row in rows] for name, column in named.items()},
        )
    ]


_PLOTS: Mapping[str, Callable[[Results], list[Panel]]] = {
    "throughput": throughput,
    "latencies": latencies,
    "footprint": footprint,
    "growth": growth,
}


def _title_of(results: Results, ending: str) -> str:
    """The title of many callers, however many they were."""
    return next(title for title in results if title.endswith(ending) and "," not in title)


def _of_nearhit(server: str) -> str:
    return server if server == "echo" else f"nearhit, {server}"


def draw(panels: list[Panel], path: Path) -> None:
    """The panels below each other, in one file."""
    # Text stays text, which can be searched and is drawn with the reader's own fonts; the salt
    # makes the same figures the same file.
    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": "nearhit",
        "font.size": 11,
        "figure.constrained_layout.h_pad": 0.12,
    }
    with matplotlib.rc_context(settings):
        heights = [panel.height for panel in panels]
        figure = Figure(figsize=(9, sum(heights)), layout="constrained")
        rows = figure.subplots(len(panels), height_ratios=heights, squeeze=False)
        for panel, [axes] in zip(panels, rows, strict=True):
            panel.draw(axes)
            axes.set_title(panel.title, loc="left", fontsize=12, pad=10)
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, facecolor="white", metadata={"Date": None})


def main() -> None:
    """Draw all there is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="with the JSON files")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "plots")
    parser.add_argument("--format", choices=("svg", "png"), default="svg")
    arguments = parser.parse_args()
    results = {file.stem: json.loads(file.read_text()) for file in arguments.folder.glob("*.json")}
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, panels_of in _PLOTS.items():
        if panels := panels_of(results):
            path = arguments.output / f"{name}.{arguments.format}"
            draw(panels, path)
            print(path)


if __name__ == "__main__":
    main()
