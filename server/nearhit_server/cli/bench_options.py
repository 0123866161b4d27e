"""The options that all scenarios of `nearhit bench` have in common."""

import math
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from nearhit_server.bench.settings import DEFAULT_CONCURRENCY, Arrivals, Load
from nearhit_server.cli.arguments import parse_duration

STANDARD_OUTPUT: Final = "-"

_MAX_PROCESSES: Final = 256
_DEFAULT_TIMEOUT_SECONDS: Final = 5.0
_SEEDS: Final = 1 << 31


def _positive_rate(word: str) -> float:
    try:
        rate = float(word)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        raise typer.BadParameter(f"{word!r} is no number of calls over 0")
    return rate


def _positive_duration(word: str) -> timedelta:
    duration = parse_duration(word)
    if not duration:
        raise typer.BadParameter("has to be more than nothing")
    return duration


@dataclass(frozen=True)
class LoadOptions:
    """A load, and where its results go. Each field is an option."""

    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            parser=_positive_rate,
            metavar="N",
            help="Open loop: N calls a second, answered or not.",
        ),
    ] = None
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Closed loop: callers who each wait for an answer before they call again "
            f"(the default, with {DEFAULT_CONCURRENCY}).",
        ),
    ] = None
    arrivals: Annotated[
        Arrivals | None,
        typer.Option(help="When the calls of --rate come; default: poisson, as independent ones."),
    ] = None
    duration: Annotated[
        timedelta,
        typer.Option(
            parser=_positive_duration, metavar="DURATION", help="How long to measure: 90s, 15m."
        ),
    ] = "30s"  # type: ignore[assignment]
    warmup: Annotated[
        timedelta,
        typer.Option(
            parser=parse_duration,
            metavar="DURATION",
            help="How long to call before that; left out of the results.",
        ),
    ] = "5s"  # type: ignore[assignment]
    processes: Annotated[
        int, typer.Option(min=1, max=_MAX_PROCESSES, help="Processes that share the load.")
    ] = 1
    channels: Annotated[int, typer.Option(min=1, help="Connections of each process.")] = 1
    max_outstanding: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Calls of --rate due while so many are unanswered are dropped, and counted; "
            f"default: {Load.max_outstanding:,}.",
        ),
    ] = None
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=_SEEDS - 1,
            help="For the same texts and arrivals again, which a server that has embedded them "
            "may remember; default: random.",
        ),
    ] = None
    cache: Annotated[
        str | None,
        typer.Option(
            "--cache",
            metavar="NAME",
            help="A cache that is there, whose other entries stay; default: one made for the run.",
        ),
    ] = None
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write the results as JSON; -: print them."),
    ] = None
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the percentiles, .svg or .png."),
    ] = None

    def load(self, timeout_seconds: float | None) -> Load:
        """The load. Raises typer.BadParameter for options that exclude each other."""
        if self.rate is not None and self.concurrency is not None:
            raise typer.BadParameter(
                "an open loop has no fixed number of callers; give one of --rate and --concurrency",
                param_hint="'--rate'",
            )
        if self.rate is None:
            self._refuse_open_loop_options()
        concurrency = None if self.rate else self.concurrency or DEFAULT_CONCURRENCY
        if concurrency is not None and concurrency < self.processes:
            raise typer.BadParameter(
                f"{concurrency} callers are too few for {self.processes} processes",
                param_hint="'--processes'",
            )
        return Load(
            rate=self.rate,
            concurrency=concurrency,
            arrivals=self.arrivals or Load.arrivals,
            duration_seconds=self.duration.total_seconds(),
            warmup_seconds=self.warmup.total_seconds(),
            timeout_seconds=timeout_seconds or _DEFAULT_TIMEOUT_SECONDS,
            processes=self.processes,
            channels=self.channels,
            max_outstanding=self.max_outstanding or Load.max_outstanding,
            seed=secrets.randbelow(_SEEDS) if self.seed is None else self.seed,
        )

    def _refuse_open_loop_options(self) -> None:
        given = {"--arrivals": self.arrivals, "--max-outstanding": self.max_outstanding}
        for name, value in given.items():
            if value is not None:
                raise typer.BadParameter("is of use only with --rate", param_hint=f"'{name}'")
