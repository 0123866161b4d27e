"""`nearhit prepare`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from nearhit_server.cli.failures import fail
from nearhit_server.cli.server_settings import load_settings


def prepare(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the embedded store.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Default model: a name, a folder or a hub name.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
) -> None:
    """Fetch and convert the models that the settings name, so that a server starts at once.

    For the making of images: a first start takes some seconds and some hundred megabytes more
    than those that find the models converted in the folder that NEARHIT_MODEL_CACHE_DIR names, or
    in the data directory.
    """
    settings = load_settings(config, data_dir=data_dir, model=model)
    from nearhit_server.app import StartupError, prepare_models
    from nearhit_server.logs import configure_logging

    configure_logging(settings)
    try:
        prepared = asyncio.run(prepare_models(settings))
    except StartupError as error:
        fail(str(error))
    for name in prepared:
        typer.echo(f"{name} is ready")
