"""`nearhit tune`."""

from pathlib import Path
from typing import Annotated

import typer

from nearhit_server.cli.option_groups import with_options_of
from nearhit_server.cli.options import DEFAULT_CACHE, CacheOption
from nearhit_server.cli.server_options import Server
from nearhit_server.cli.tune_options import TuneOptions

# NumPy and the models' libraries are imported in the command: others do without.

_with_options = with_options_of(TuneOptions, "options")
_with_server = with_options_of(Server, "server")


@_with_server
@_with_options
def tune(
    pairs: Annotated[
        Path | None, typer.Argument(metavar="PAIRS", help="A .tsv, .csv or .jsonl file, or .gz.")
    ] = None,
    reports: Annotated[
        bool, typer.Option("--reports", help="Take what was reported about the hits of --cache.")
    ] = False,
    cache: CacheOption = DEFAULT_CACHE,
    *,
    options: TuneOptions,
    server: Server,
) -> None:
    """Find settings that keep wrong hits rare, from pairs of prompts that people labelled.

    A line of PAIRS holds a label and two prompts: 1 if one answer serves both, else 0. In a .tsv
    file they come in this order, unless its first line names the columns, as that of a .csv file
    has to. The names, also those of members in a .jsonl file, are label (or equivalent,
    is_duplicate), prompt (first, question1) and other (stored, second, question2).

    Thresholds are chosen on one half of the pairs and measured on the other. No cache is changed.
    """
    if (pairs is None) is not reports:
        raise typer.BadParameter("give either a file or --reports", param_hint="'PAIRS'")
    options.check_outputs()
    from nearhit_server.cli.tune_run import tune_cache, tune_file

    if pairs is None:
        tune_cache(cache, server, options)
    else:
        tune_file(pairs, options)
