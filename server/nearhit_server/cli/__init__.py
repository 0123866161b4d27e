"""The command line of the server and its clients."""

import io
import sys
from typing import Annotated

import typer

from nearhit_server.cli import entries, quality
from nearhit_server.cli.bench import bench
from nearhit_server.cli.caches import caches
from nearhit_server.cli.demo import demo
from nearhit_server.cli.exporting import export_entries
from nearhit_server.cli.failures import PlainFailures
from nearhit_server.cli.health import health
from nearhit_server.cli.importing import import_entries
from nearhit_server.cli.keys import keys
from nearhit_server.cli.prepare import prepare
from nearhit_server.cli.serve import serve
from nearhit_server.cli.shadow import shadow
from nearhit_server.cli.tune import tune

app = typer.Typer(
    name="nearhit",
    cls=PlainFailures,
    help="A semantic cache for LLM applications.",
    no_args_is_help=True,
    # Plain text: at 80 columns tables cut the names of options short.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(prepare)
app.command()(health)
app.command()(demo)
app.command()(entries.search)
app.command()(entries.store)
app.command()(entries.delete)
app.command()(entries.flush)
app.command()(quality.report)
app.command()(quality.release)
app.command()(quality.stats)
app.add_typer(caches, name="caches")
app.add_typer(keys, name="keys")
app.add_typer(shadow, name="shadow")
app.add_typer(bench, name="bench")
app.command()(tune)
app.command("import")(import_entries)
app.command("export")(export_entries)


def _print_version(wanted: bool) -> None:
    if wanted:
        import nearhit

        typer.echo(f"nearhit {nearhit.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    # An answer with a letter that the terminal lacks is shown escaped, and is no crash.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
