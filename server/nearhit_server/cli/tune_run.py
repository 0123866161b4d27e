"""A run of `nearhit tune`, from the pairs to the report."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nearhit
from nearhit_server.app import StartupError
from nearhit_server.app.pair_scoring import open_pair_scorer
from nearhit_server.cli import output
from nearhit_server.cli.failures import fail
from nearhit_server.cli.progress import Bar, progress_bar
from nearhit_server.cli.server_options import Server
from nearhit_server.cli.server_settings import load_settings
from nearhit_server.cli.tune_options import STANDARD_OUTPUT, TuneOptions
from nearhit_server.logs import configure_logging
from nearhit_server.settings import Settings
from nearhit_server.tuning import report, wording
from nearhit_server.tuning.page import page_of
from nearhit_server.tuning.pair_files import read_pairs
from nearhit_server.tuning.pairs import Pair, PairsError, check_enough
from nearhit_server.tuning.record import record
from nearhit_server.tuning.scoring import PairScore, ScoringError, scored
from nearhit_server.tuning.tune import Subject, Tuning, held_out_half
from nearhit_server.tuning.tune import tune as tuned


def tune_file(path: Path, options: TuneOptions) -> None:
    """Tune on the pairs of a file."""
    with _reported_failures():
        _run(read_pairs(path), str(path), options, model=options.model, from_reports=False)


def tune_cache(cache: str, server: Server, options: TuneOptions) -> None:
    """Tune on what was reported about a cache's hits."""
    with server.client(cache) as client:
        model = options.model or client.get_cache(timeout=server.timeout).model
        if not model:
            fail(f"cache {cache} has no model, as its callers bring vectors; name one with --model")
        pairs = [_pair(each) for each in client.list_reports(timeout=server.timeout)]
    if not pairs:
        fail(f"nothing was reported about the hits of cache {cache}")
    with _reported_failures():
        _run(pairs, f"cache {cache}", options, model=model, from_reports=True)


def _pair(reported: nearhit.HitReport) -> Pair:
    right = reported.verdict is nearhit.Verdict.RIGHT
    return Pair(reported.prompt, reported.entry_prompt, right)


@contextmanager
def _reported_failures() -> Iterator[None]:
    try:
        yield
    except (PairsError, ScoringError, StartupError) as error:
        fail(str(error))


def _run(
    pairs: Sequence[Pair],
    source: str,
    options: TuneOptions,
    *,
    model: str | None,
    from_reports: bool,
) -> None:
    settings = load_settings(options.config, model=model, data_dir=options.data_dir)
    subject = Subject(
        source=source,
        from_reports=from_reports,
        model=settings.model,
        seed=options.seed,
        max_false_hit_rate=options.max_false_hit_rate,
    )
    # What can be wrong with the pairs is said before minutes are spent on them.
    check_enough(pairs, source)
    held_out = held_out_half(pairs, subject)
    configure_logging(settings)
    with progress_bar("scoring", total=len(pairs)) as bar:
        scores, start = asyncio.run(_scores(pairs, settings, options.max_false_hit_rate, bar))
    _report(tuned(pairs, scores, held_out, subject, min_confidence=start), options)


async def _scores(
    pairs: Sequence[Pair], settings: Settings, max_false_hit_rate: float, bar: Bar
) -> tuple[list[PairScore], float | None]:
    """The scores, and where a cache begins."""
    async with open_pair_scorer(settings) as scorer:
        scores = await scored(
            scorer, pairs, progress=lambda done: bar.show(done, output.counted(done, "pair"))
        )
        return scores, scorer.min_confidence(max_false_hit_rate)


def _report(tuning: Tuning, options: TuneOptions) -> None:
    if options.json == STANDARD_OUTPUT:
        output.print_json(record(tuning))
    else:
        _print(tuning)
    if options.json not in (None, STANDARD_OUTPUT):
        Path(options.json).write_bytes(output.json_line(record(tuning)))
    if options.html is not None:
        options.html.write_text(page_of(tuning), encoding="utf-8")


def _print(tuning: Tuning) -> None:
    output.print_line(wording.heading(tuning))
    for way in tuning.ways:
        output.print_table(report.points_table(way))
    for line in report.recommendations(tuning):
        output.print_line(line)
    for warning in wording.warnings(tuning):
        output.print_line(f"warning: {warning}", style="yellow")
    for note in wording.notes(tuning):
        output.print_line(note, style="dim")
