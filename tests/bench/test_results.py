"""Results: sums over processes, JSON there and back, and what people are told."""

import json

import pytest

from bench.made_up import OPEN, histogram, results, state
from nearhit_server.bench import report
from nearhit_server.bench.recording import Outcome
from nearhit_server.bench.results import NoResultsError, Results
from nearhit_server.bench.settings import Load

CLOSED = Load(concurrency=4)


def restored(record):
    return Results.restored(json.dumps(record).encode())


def test_processes_are_added_up_and_no_percentile_is_averaged():
    slow = state(latencies={"hit": histogram(*[1_000] * 100)}, errors={"X": 2}, dropped=3)
    record = results(state(errors={"X": 1, "Y": 1}), slow).record()

    assert record["counts"] == {"due": 200, "hit": 190, "miss": 10, "dropped": 3, "unfinished": 0}
    assert record["errors"] == {"X": 3, "Y": 1}
    assert record["latency_milliseconds"]["answered"]["count"] == 200
    assert record["latency_milliseconds"]["answered"]["p50"] == pytest.approx(100, rel=1e-3)
    assert record["latency_milliseconds"]["answered"]["p90"] == pytest.approx(1_000, rel=1e-3)
    assert record["answered_per_second"] == 20.0


def test_json_holds_all_that_is_needed_to_make_it_again():
    record = results(state(), state(errors={"X": 1}), interrupted=True).record()
    assert restored(record).record() == record
    assert json.dumps(record, allow_nan=False)


def test_json_holds_settings_and_machine_and_no_key():
    record = results().record()
    assert record["schema"] == "nearhit-bench/1"
    assert record["scenario"]["name"] == "mix"
    assert record["load"]["rate"] == 10.0
    assert record["machine"]["cores"] >= 1
    assert "secret" not in json.dumps(record)


def test_run_without_a_single_call_has_results_too():
    nothing = state(seconds=0.0, due=0, latencies={}, lag=histogram())
    record = results(nothing).record()
    assert record["answered_per_second"] == 0
    assert restored(record).record() == record
    assert list(report.remarks(results(nothing)))
    assert not list(report.warnings(results(nothing)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"schema": "nearhit-bench/99"}',
        b'{"schema": "nearhit-bench/1"}',
        json.dumps({**results().record(), "histograms_microseconds": {"latency": {"hit": "x"}}}),
        json.dumps({**results().record(), "histograms_microseconds": {"latency": {"?": ""}}}),
    ],
)
def test_other_files_are_told_apart(content):
    with pytest.raises(NoResultsError):
        Results.restored(content)


def warned(*states, load=OPEN):
    return " ".join(report.warnings(results(*states, load=load)))


def test_generator_that_fell_behind_is_said_to_have():
    late = state(lag=histogram(*[50.0] * 100))
    assert "fell behind" in warned(late)
    assert "fell behind" not in warned(late, load=CLOSED)
    assert warned() == ""


def test_busy_generator_dropped_and_unfinished_calls_are_warned_of():
    assert "97% of a core" in warned(state(), state(cpu_share=0.97))
    assert "12 calls were not made" in warned(state(dropped=12))
    assert "3 calls had no answer" in warned(state(unfinished=3))


def test_errors_count_as_no_answer():
    failed = state(latencies={"hit": histogram(1), "error": histogram(2, 3)}, errors={"X": 2})
    made = results(failed)
    assert made.answered.get_total_count() == 1
    assert made.latencies[Outcome.ERROR].get_total_count() == 2
    assert "2 errors: X" in list(report.remarks(made))


def test_heading_tells_what_was_done():
    assert report.heading(results(load=CLOSED, interrupted=True)) == (
        "mix (population 10,000, exponent 1.0, repeat share 0.8) at localhost:1: "
        "4 callers in a closed loop, interrupted after 10.0 s after 5 s of warm-up"
    )
