"""`nearhit import`."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

import nearhit
from nearhit_server.cli import options, output
from nearhit_server.cli.failures import fail
from nearhit_server.cli.import_run import ImportProgress, ImportRun, Source
from nearhit_server.cli.progress import progress_bar
from nearhit_server.cli.resume import Job, NoFitError, Sidecar
from nearhit_server.cli.sentences import sentence
from nearhit_server.cli.server_options import Server, with_server_options
from nearhit_server.cli.storing import BATCH_TIMEOUT_SECONDS, BatchStorer

_SIDECAR_SUFFIX: Final = ".nearhit-import"


@with_server_options
def import_entries(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines; - is standard input.")],
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin at the first line, whatever was done before.")
    ] = False,
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Store the entries of a file, one JSON object a line.

    A line holds "prompt" and "response", and may hold "attributes", "metadata", "ttl_seconds"
    and "vector" (base64 of float32 little-endian, or a list). A line that is no entry, or that
    the server refuses, is reported by its number and skipped; the exit status is then 1.

    If it is interrupted, the same command continues where it was: FILE.nearhit-import keeps
    the place and is removed at the end. After a flush in between, use --restart.
    """
    with (
        server.client(cache) as client,
        _opened(file) as source,
    ):
        created_at = client.get_cache(timeout=server.timeout).created_at
        job = {"target": server.target, "cache": cache, "cache_created": created_at.isoformat()}
        sidecar = None if file == "-" else _sidecar(Path(file), source, job)
        start = _start(sidecar, source, restart=restart)
        storer = BatchStorer(client, timeout_seconds=server.timeout or BATCH_TIMEOUT_SECONDS)
        progress = _run(source, storer, sidecar, start, target=server.target)
    _summarize(progress, as_json=as_json)
    if progress.skipped:
        raise typer.Exit(1)


@contextmanager
def _opened(file: str) -> Iterator[Source]:
    if file == "-":
        yield Source("standard input", sys.stdin.buffer, size=None)
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    with stream:
        status = os.fstat(stream.fileno())
        # A named pipe has no size, and no place to come back to.
        yield Source(file, stream, size=status.st_size if stat.S_ISREG(status.st_mode) else None)


def _sidecar(path: Path, source: Source, job: Job) -> Sidecar | None:
    if source.size is None:
        return None
    modified = os.fstat(source.stream.fileno()).st_mtime_ns
    named = path.with_name(path.name + _SIDECAR_SUFFIX)
    return Sidecar(named, {**job, "size": source.size, "time_of_change": modified})


def _start(sidecar: Sidecar | None, source: Source, *, restart: bool) -> ImportProgress:
    """Where to begin; the stream is put there."""
    if sidecar is None or restart:
        return ImportProgress()
    try:
        saved = sidecar.load()
        if saved is None:
            return ImportProgress()
        progress = ImportProgress.restored(saved)
    except NoFitError as error:
        output.notice(f"{error}, so the import begins at the first line")
        return ImportProgress()
    source.stream.seek(progress.offset)
    output.notice(f"continuing at line {progress.line_number:,}")
    return progress


def _run(
    source: Source,
    storer: BatchStorer,
    sidecar: Sidecar | None,
    start: ImportProgress,
    *,
    target: str,
) -> ImportProgress:
    run = ImportRun(source=source, storer=storer, sidecar=sidecar, progress=start)
    try:
        with progress_bar("importing", total=source.size) as bar:
            return run.to_the_end(bar)
    except nearhit.NearhitError as error:
        fail(f"{sentence(error, target)}; {run.remark()}")
    except OSError as error:
        fail(f"{error.filename or source.name}: {error.strerror}; {run.remark()}")
    except KeyboardInterrupt:
        output.notice(run.remark())
        raise typer.Exit(130) from None


def _summarize(progress: ImportProgress, *, as_json: bool) -> None:
    counts = {
        name: count
        for name, count in asdict(progress).items()
        if name not in ("offset", "line_number")
    }
    if as_json:
        output.print_json(counts)
        return
    details = f"{progress.replaced:,} replaced, {progress.exact_only:,} exact only"
    imported = output.counted(progress.imported, "entry", "entries")
    skipped = output.counted(progress.skipped, "line")
    output.print_line(f"imported {imported} ({details}), skipped {skipped}")
