"""`nearhit serve`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from nearhit_server.cli.failures import fail
from nearhit_server.cli.server_settings import load_settings
from nearhit_server.settings import Settings


def serve(
    grpc: Annotated[str | None, typer.Option(help="gRPC address, HOST:PORT.")] = None,
    http: Annotated[str | None, typer.Option(help="HTTP address, HOST:PORT, or off.")] = None,
    store: Annotated[
        str | None, typer.Option(help="Where entries are kept: embedded or a Redis URL.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the embedded store.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that share the ports; more than one needs Redis."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Default model: a name, a folder or a hub name.")
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="The server's certificate and its chain, PEM; turns TLS on.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="The certificate's private key, PEM, not encrypted.")
    ] = None,
    tls_client_ca: Annotated[
        Path | None,
        typer.Option(help="Require client certificates of these authorities, PEM."),
    ] = None,
    require_keys: Annotated[
        bool | None, typer.Option("--require-keys", help="Ask every call for an API key.")
    ] = None,
    insecure: Annotated[
        bool | None,
        typer.Option(
            "--insecure",
            help="Listen beyond this machine without TLS, or without knowing the callers.",
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Run the server.

    Every setting can also be a NEARHIT_* variable or a line of the --config file; flags come
    first, then variables, then the file. API keys have no flag, as everybody on the machine can
    read flags; NEARHIT_API_KEYS holds those that may do everything.
    """
    settings = load_settings(
        config,
        grpc=grpc,
        http=http,
        store=store,
        data_dir=data_dir,
        workers=workers,
        model=model,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        tls_client_ca=tls_client_ca,
        require_keys=require_keys,
        insecure=insecure,
        log_level=log_level,
    )
    from nearhit_server.logs import configure_logging

    configure_logging(settings)
    if settings.workers > 1:
        _serve_with_workers(settings)
    else:
        _serve_alone(settings)


def _serve_alone(settings: Settings) -> None:
    # Imported here: it brings gRPC's server and more, for which neither a wrong flag nor the
    # parent of workers has a use.
    from nearhit_server.app import StartupError, serve_until_stopped
    from nearhit_server.event_loop import run

    try:
        run(serve_until_stopped(settings))
    except StartupError as error:
        fail(str(error))


def _serve_with_workers(settings: Settings) -> None:
    from nearhit_server.workers.serving import WorkersError, serve_with_workers

    try:
        asyncio.run(serve_with_workers(settings))
    except WorkersError as error:
        fail(str(error))
