"""The options of `nearhit tune`."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from nearhit_server.cli.bench_files import check_writable, require_extra

STANDARD_OUTPUT: Final = "-"

_FALSE_HIT_RATES: Final = (0.001, 0.5)
"""What a cache takes."""


def _false_hit_rate(word: str) -> float:
    low, high = _FALSE_HIT_RATES
    try:
        rate = float(word)
    except ValueError:
        rate = math.nan
    if not low <= rate <= high:
        raise typer.BadParameter(f"{word!r} is no number from {low} to {high}")
    return rate


@dataclass(frozen=True)
class TuneOptions:
    """What to find out, with which model, and where it goes. Each field is an option."""

    max_false_hit_rate: Annotated[
        float,
        typer.Option(
            "--max-false-hit-rate",
            parser=_false_hit_rate,
            metavar="R",
            help="The share of hits that may be wrong.",
        ),
    ] = "0.02"  # type: ignore[assignment]
    model: Annotated[
        str | None,
        typer.Option(
            help="A name, a folder or a hub name; default: that of the settings, or of --cache."
        ),
    ] = None
    seed: Annotated[int, typer.Option(min=0, help="Of the split into halves.")] = 1
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write the results as JSON; -: print them."),
    ] = None
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots.")
    ] = None
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder where converted models are kept.")
    ] = None

    def check_outputs(self) -> None:
        """End the command if what it finds could not be written."""
        if self.html is not None:
            require_extra("matplotlib", "--html")
            check_writable(self.html)
        if self.json not in (None, STANDARD_OUTPUT):
            check_writable(Path(self.json))
