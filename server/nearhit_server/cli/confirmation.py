"""Asks before something is lost."""

import sys

import typer

from nearhit_server.cli.failures import fail


def confirm(question: str, *, yes: bool) -> None:
    """Go on only if a person says so. Without a terminal nobody can, so `yes` has to be given."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail("this cannot be undone; without a terminal to ask at it needs --yes")
    # On standard error, so that --json keeps standard output to itself.
    typer.confirm(question, abort=True, err=True)
