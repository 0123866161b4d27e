"""Plots: what is in them, and that they can be read."""

from xml.etree import ElementTree

import pytest

from bench.made_up import histogram, results, state
from nearhit_server.bench.plot import plot

SVG = "{http://www.w3.org/2000/svg}"


def texts(path):
    """The texts of an SVG."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == f"{SVG}svg"
    return [element.text for element in root.iter(f"{SVG}text")]


def test_plot_of_one_run_has_a_curve_for_each_outcome(tmp_path):
    path = tmp_path / "one.svg"

    plot([("run", results(state(errors={"X": 2})))], path)

    shown = texts(path)
    title = "mix, 10 calls a second at localhost:1: 10.0 answers a second, 2 failed"
    for text in (title, "hit (90 calls)", "miss (10 calls)", "percentile", "latency, milliseconds"):
        assert text in shown
    assert {"0 %", "50 %", "90 %"} <= set(shown)
    # Of 90 calls none is one in a thousand.
    assert "99.9 %" not in shown


def test_plot_of_several_runs_has_a_curve_for_each(tmp_path):
    path = tmp_path / "several.svg"

    plot([("before", results()), ("after", results())], path)

    shown = texts(path)
    for name in ("before", "after"):
        assert f"{name}: mix, 10 calls a second, 10.0 answers a second" in shown


def test_plot_can_be_a_picture(tmp_path):
    plot([("run", results())], tmp_path / "one.png")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("latencies", [{}, {"hit": histogram(1)}, {"hit": histogram(0)}])
def test_plot_of_hardly_any_calls_is_drawn_too(tmp_path, latencies):
    plot([("run", results(state(latencies=latencies)))], tmp_path / "few.svg")
    assert "percentile" in texts(tmp_path / "few.svg")
