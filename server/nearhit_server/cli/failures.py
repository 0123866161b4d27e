"""How a command ends when it cannot do what it was asked."""

from typing import NoReturn

import typer


def fail(message: str) -> NoReturn:
    """Print one sentence to standard error and exit with status 1."""
    typer.echo(f"nearhit: {message}", err=True)
    raise typer.Exit(1)
