"""A run of `nearhit bench`, from the cache it needs to the report."""

import asyncio
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer

import nearhit
from nearhit_server.bench import report
from nearhit_server.bench.plot import plot
from nearhit_server.bench.preparing import Prepared, UnsuitableCacheError, prepared
from nearhit_server.bench.results import Results
from nearhit_server.bench.running import Run, WorkerError, run
from nearhit_server.bench.scenarios import Scenario, scenario_record
from nearhit_server.bench.settings import Assignment, Load, Target
from nearhit_server.cli import output
from nearhit_server.cli.bench_files import check_plot, check_writable
from nearhit_server.cli.bench_live import LiveFigures
from nearhit_server.cli.bench_options import STANDARD_OUTPUT, LoadOptions
from nearhit_server.cli.failures import fail
from nearhit_server.cli.progress import progress_bar
from nearhit_server.cli.server_options import Server
from nearhit_server.cli.storing import BatchStorer

_INTERRUPTED: Final = 130


def run_scenario(scenario: Scenario, options: LoadOptions, server: Server) -> None:
    """Run it and report; results of an interrupted run count as far as it came."""
    load = options.load(server.timeout)
    if options.plot is not None:
        check_plot(options.plot, "--plot")
    if options.json not in (None, STANDARD_OUTPUT):
        check_writable(Path(options.json))
    try:
        with _terminated_like_interrupted():
            results = _results(scenario, load, options.cache, server)
    except KeyboardInterrupt:
        output.notice("interrupted before the first call")
        raise typer.Exit(_INTERRUPTED) from None
    except (UnsuitableCacheError, WorkerError) as error:
        fail(str(error))
    _report(results, options)
    if results.interrupted:
        raise typer.Exit(_INTERRUPTED)


def _results(scenario: Scenario, load: Load, cache: str | None, server: Server) -> Results:
    target = _target(server)
    with (
        progress_bar("storing", total=None) as bar,
        prepared(
            server.client,
            scenario,
            load,
            cache=cache,
            store=_store,
            stored=lambda count: bar.show(count, output.counted(count, "entry", "entries")),
            left=output.notice,
        ) as place,
    ):
        # Two bars at once would draw over each other.
        bar.progress.stop()
        started_at = datetime.now(UTC)
        made = _calls_made(scenario, load, target, place)
    return Results.of_run(
        made.states,
        started_at=started_at,
        interrupted=made.interrupted,
        scenario=scenario_record(scenario),
        load=load,
        target=target,
        prepared=place,
    )


def _store(client: nearhit.Client, entries: Sequence[nearhit.NewEntry]) -> None:
    for outcome in BatchStorer(client).store(dict(enumerate(entries))).values():
        if isinstance(outcome, nearhit.NearhitError):
            raise outcome


def _calls_made(scenario: Scenario, load: Load, target: Target, place: Prepared) -> Run:
    assignments = [
        Assignment(
            target=target,
            scenario=scenario_record(scenario),
            load=load.of_process(process),
            session=replace(place.session, process=process),
        )
        for process in range(load.processes)
    ]
    with progress_bar(scenario.name, total=round(load.total_seconds)) as bar:
        return asyncio.run(run(assignments, LiveFigures(bar)))


def _target(server: Server) -> Target:
    files = (server.tls_ca, server.tls_certificate, server.tls_key)
    ca, certificate, key = (None if file is None else str(file.absolute()) for file in files)
    return Target(
        address=server.target,
        api_key=server.api_key or None,
        tls=server.credentials is not None,
        ca=ca,
        certificate=certificate,
        key=key,
        server_name=server.tls_server_name,
    )


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM, of `timeout` for instance, leaves no cache behind either."""
    if threading.current_thread() is not threading.main_thread():
        # Only there can signals be handled.
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _report(results: Results, options: LoadOptions) -> None:
    if options.json == STANDARD_OUTPUT:
        output.print_json(results.record())
    else:
        _print(results)
    if options.json not in (None, STANDARD_OUTPUT):
        Path(options.json).write_bytes(output.json_line(results.record()))
    if options.plot is not None:
        plot([(results.scenario["name"], results)], options.plot)


def _print(results: Results) -> None:
    output.print_line(report.heading(results))
    output.print_line(report.cache_line(results))
    output.print_table(report.table(results))
    for remark in report.remarks(results):
        output.print_line(remark)
    for warning in report.warnings(results):
        output.print_line(f"warning: {warning}", style="yellow")
