"""Servers for LangCache's SDKs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nearhit_server.app import open_application
from nearhit_server.servers import Servers
from nearhit_server.settings import Settings
from server.keys.keyed_servers import BOOT_KEY


@asynccontextmanager
async def langcache_server(store: str, data_dir: Path, **settings: Any) -> AsyncIterator[Servers]:
    """A server on both protocols that asks for keys and knows one."""
    usual = {
        "grpc": "127.0.0.1:0",
        "http": "127.0.0.1:0",
        "device": "cpu",
        "api_keys": (BOOT_KEY,),
        # A busy machine is no failure of Redis.
        "redis_timeout_seconds": 10,
    }
    async with open_application(
        Settings(store=store, data_dir=data_dir, **(usual | settings))
    ) as servers:
        yield servers


def url_of(servers: Servers) -> str:
    """What an SDK takes for its server URL."""
    assert servers.http is not None
    return f"http://{servers.http.address}"
