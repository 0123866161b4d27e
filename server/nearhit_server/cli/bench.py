"""`nearhit bench`."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from nearhit_server.cli.bench_files import check_plot, require_extra
from nearhit_server.cli.bench_options import LoadOptions
from nearhit_server.cli.failures import fail
from nearhit_server.cli.option_groups import with_options_of
from nearhit_server.cli.server_options import Server

# NumPy and the libraries of the extra are imported in the commands: others do without.

bench = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_with_load = with_options_of(LoadOptions, "options")
_with_server = with_options_of(Server, "server")

_EntriesOption: TypeAlias = Annotated[
    int, typer.Option("--entries", min=1, help="Entries stored beforehand.")
]


@bench.callback()
def load_generator() -> None:
    """Measure how a server does under load, from its callers' side.

    A run makes a cache of its own and deletes it afterwards. --rate calls at a fixed rate and
    counts latencies from when a call was due; --concurrency has callers who wait for answers.
    """
    require_extra("hdrh", "nearhit bench")


@bench.command()
@_with_server
@_with_load
def exact(entries: _EntriesOption = 1_000, *, options: LoadOptions, server: Server) -> None:
    """Exact searches for stored prompts: all hits."""
    from nearhit_server.bench.scenarios import Exact
    from nearhit_server.cli.bench_run import run_scenario

    run_scenario(Exact(entries), options, server)


@bench.command()
@_with_server
@_with_load
def semantic(entries: _EntriesOption = 1_000, *, options: LoadOptions, server: Server) -> None:
    """Semantic searches for prompts that are all new: all misses."""
    from nearhit_server.bench.scenarios import Semantic
    from nearhit_server.cli.bench_run import run_scenario

    run_scenario(Semantic(entries), options, server)


@bench.command()
@_with_server
@_with_load
def vectors(
    entries: _EntriesOption = 1_000,
    dimension: Annotated[
        int | None,
        typer.Option(min=1, max=4_096, help="Components; default: 384, or those of --cache."),
    ] = None,
    *,
    options: LoadOptions,
    server: Server,
) -> None:
    """Searches with vectors, each near a stored one: all hits."""
    from nearhit_server.bench.scenarios import Vectors
    from nearhit_server.cli.bench_run import run_scenario

    if dimension is not None and options.cache is not None:
        raise typer.BadParameter("is what --cache has", param_hint="'--dimension'")
    run_scenario(Vectors(entries, dimension or Vectors.dimension), options, server)


@bench.command()
@_with_server
@_with_load
def store(*, options: LoadOptions, server: Server) -> None:
    """Stores of entries that are all new."""
    from nearhit_server.bench.scenarios import Store
    from nearhit_server.cli.bench_run import run_scenario

    run_scenario(Store(), options, server)


@bench.command()
@_with_server
@_with_load
def mix(
    population: Annotated[int, typer.Option(min=1, help="Prompts that are asked again.")] = 10_000,
    exponent: Annotated[
        float,
        typer.Option(
            min=0, max=10, help="Of Zipf's law: how much oftener the popular ones are asked."
        ),
    ] = 1.0,
    repeat_share: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the searches for those; the others are all new."),
    ] = 0.8,
    *,
    options: LoadOptions,
    server: Server,
) -> None:
    """What an application does: searches, and a Store after each miss."""
    from nearhit_server.bench.scenarios import Mix
    from nearhit_server.cli.bench_run import run_scenario

    run_scenario(Mix(population, exponent, repeat_share), options, server)


@bench.command()
def plot(
    files: Annotated[
        list[Path], typer.Argument(metavar="JSON...", help="Results that --json wrote.")
    ],
    to: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="What to draw, .svg or .png.")
    ],
) -> None:
    """Draw the percentiles of one run, or of several to compare."""
    check_plot(to, "--output")
    from nearhit_server.bench.plot import plot as draw
    from nearhit_server.bench.results import NoResultsError, Results

    named = []
    for file in files:
        try:
            named.append((file.stem, Results.restored(file.read_bytes())))
        except OSError as error:
            fail(f"{file}: {error.strerror}")
        except NoResultsError as error:
            fail(f"{file}: {error}")
    draw(named, to)
