"""The REST API of a whole server, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from nearhit_server.app import open_application
from nearhit_server.servers import Servers
from nearhit_server.settings import Settings

BOOT_KEY = "boot-key"


@asynccontextmanager
async def rest_api(
    store: str, *, data_dir: Path, model: Path, **more: Any
) -> AsyncIterator[Servers]:
    """A server on both protocols."""
    settings = Settings(
        grpc="127.0.0.1:0",
        http="127.0.0.1:0",
        store=store,
        data_dir=data_dir,
        model=str(model),
        device="cpu",
        **more,
    )
    async with open_application(settings) as servers:
        yield servers


def url_of(servers: Servers) -> str:
    """Where the API is."""
    assert servers.http is not None
    return f"http://{servers.http.address}"


def client_of(servers: Servers, key: str | None = None) -> httpx.AsyncClient:
    """A client of the API, with a key or without."""
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=url_of(servers), headers=headers, timeout=30)
