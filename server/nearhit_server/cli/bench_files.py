"""The files that `nearhit bench` writes, checked before a run that could be in vain."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import typer

from nearhit_server.cli.failures import fail

_PLOT_SUFFIXES: Final = (".svg", ".png")


def require_extra(module: str, purpose: str) -> None:
    """End the command if a library of the extra `bench` is missing."""
    if find_spec(module) is None:
        fail(f'{purpose} needs the extra bench; run: pip install "nearhit[server,bench]"')


def check_plot(path: Path, option: str) -> None:
    """End the command if no plot can be drawn to `path`."""
    if path.suffix not in _PLOT_SUFFIXES:
        kinds = " or ".join(_PLOT_SUFFIXES)
        raise typer.BadParameter(f"{path} ends in neither of {kinds}", param_hint=f"'{option}'")
    require_extra("matplotlib", option)
    check_writable(path)


def check_writable(path: Path) -> None:
    """End the command if the file cannot be written; one that is there stays as it is."""
    existed = path.exists()
    try:
        path.open("ab").close()
        if not existed:
            path.unlink()
    except OSError as error:
        fail(f"{path}: {error.strerror}")
