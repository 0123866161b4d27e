"""`nearhit export`."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

import nearhit
from nearhit_server.cli import options, output
from nearhit_server.cli.export_run import PAGE_TIMEOUT_SECONDS, ExportProgress, ExportRun
from nearhit_server.cli.failures import fail
from nearhit_server.cli.progress import progress_bar
from nearhit_server.cli.resume import NoFitError, Sidecar
from nearhit_server.cli.sentences import sentence
from nearhit_server.cli.server_options import Server, with_server_options

_PART_SUFFIX: Final = ".part"
_SIDECAR_SUFFIX: Final = ".nearhit-export"


@dataclass(frozen=True)
class _Export:
    """What to export, and the server to ask."""

    client: nearhit.Client
    target: str
    with_vectors: bool
    timeout_seconds: float
    entry_count: int | None
    cache_created: str


@with_server_options
def export_entries(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Where to write; - is standard output.")
    ] = "-",
    with_vectors: Annotated[
        bool, typer.Option("--with-vectors", help="Write the entries' vectors too.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace FILE if there is one.")
    ] = False,
    cache: options.CacheOption = options.DEFAULT_CACHE,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Write the cache's entries to a file, one JSON object a line.

    It is what `nearhit import` reads. The longest unchanged come first. An entry that changes
    meanwhile is written again further down, so its last line is the newest, and the one that
    an import ends with.

    FILE appears when it is complete. Until then the lines are in FILE.part, and the same
    command continues an export that was interrupted.
    """
    path = None if file == "-" else Path(file).resolve()
    if path is None and as_json:
        raise typer.BadParameter("needs a FILE, as the entries are JSON", param_hint="'--json'")
    if path is not None:
        _check_free(path, overwrite=overwrite)
    with server.client(cache) as client:
        described = client.get_cache(timeout=server.timeout)
        export = _Export(
            client=client,
            target=server.target,
            with_vectors=with_vectors,
            timeout_seconds=server.timeout or PAGE_TIMEOUT_SECONDS,
            entry_count=described.entry_count,
            cache_created=described.created_at.isoformat(),
        )
        if path is None:
            _run(export, sys.stdout.buffer, None, ExportProgress())
            return
        progress = _export_to(path, export)
    _summarize(path, progress, as_json=as_json)


def _check_free(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not path.is_file():
        fail(f"{path} is no file")
    if path.exists() and not overwrite:
        fail(f"{path} exists; --overwrite replaces it")


def _export_to(path: Path, export: _Export) -> ExportProgress:
    part = path.with_name(path.name + _PART_SUFFIX)
    sidecar = Sidecar(
        part.with_name(part.name + _SIDECAR_SUFFIX),
        {
            "target": export.target,
            "cache": export.client.cache,
            "cache_created": export.cache_created,
            "with_vectors": export.with_vectors,
        },
    )
    start = _start(part, sidecar)
    progress = _write_part(part, export, sidecar, start)
    os.replace(part, path)
    sidecar.remove()
    return progress


def _start(part: Path, sidecar: Sidecar) -> ExportProgress:
    try:
        saved = sidecar.load()
        if saved is None:
            return ExportProgress()
        progress = ExportProgress.restored(saved)
        if not part.is_file() or part.stat().st_size < progress.size_bytes:
            raise NoFitError(f"{part} is not what {sidecar.path} says")
    except NoFitError as error:
        output.notice(f"{error}, so the export begins anew")
        # It would vouch for lines of the new part that it knows nothing of.
        sidecar.remove()
        return ExportProgress()
    output.notice(f"continuing after {output.counted(progress.exported, 'entry', 'entries')}")
    return progress


def _write_part(
    part: Path, export: _Export, sidecar: Sidecar, start: ExportProgress
) -> ExportProgress:
    try:
        with part.open("r+b" if start.size_bytes else "wb") as file:
            # What was written after the last page that the sidecar knows of comes again.
            file.truncate(start.size_bytes)
            file.seek(start.size_bytes)
            return _run(export, file, sidecar, start)
    except nearhit.InvalidArgumentError as error:
        if not start.page_token:
            raise
        output.notice(f"{error.message}, so the export begins anew")
        sidecar.remove()
    with part.open("wb") as file:
        return _run(export, file, sidecar, ExportProgress())


def _run(
    export: _Export, file: BinaryIO, sidecar: Sidecar | None, start: ExportProgress
) -> ExportProgress:
    # A bar between the lines of the export would help nobody.
    hidden = sidecar is None and file.isatty()
    run = ExportRun(
        client=export.client,
        file=file,
        with_vectors=export.with_vectors,
        timeout_seconds=export.timeout_seconds,
        sidecar=sidecar,
        progress=start,
    )
    try:
        with progress_bar("exporting", total=export.entry_count, hidden=hidden) as bar:
            return run.to_the_end(bar)
    except nearhit.InvalidArgumentError:
        raise
    except nearhit.NearhitError as error:
        fail(f"{sentence(error, export.target)}; {run.remark()}")
    except KeyboardInterrupt:
        output.notice(run.remark())
        raise typer.Exit(130) from None


def _summarize(path: Path, progress: ExportProgress, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"exported": progress.exported, "file": str(path)})
        return
    exported = output.counted(progress.exported, "entry", "entries")
    output.print_line(f"exported {exported} to {path}")
