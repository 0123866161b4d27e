"""How a command ends when it cannot do what it was asked."""

import os
import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup


def fail(message: str) -> NoReturn:
    """Print one sentence to standard error and exit with status 1."""
    typer.echo(f"nearhit: {message}", err=True)
    raise typer.Exit(1)


class PlainFailures(TyperGroup):
    """Commands that also end with one sentence when their output cannot be written."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line. Help is written while it is parsed, so `invoke` is too late."""
        try:
            return super().main(*args, **extra)
        except OSError as error:
            # Not a closed pipe: typer ends the command quietly then, and lets others through.
            _drop_standard_output()
            typer.echo(f"nearhit: {error.filename or 'output'}: {error.strerror}", err=True)
            sys.exit(1)


def _drop_standard_output() -> None:
    # What could not be written is still buffered, and would fail again at exit.
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
