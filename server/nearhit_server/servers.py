"""Both ports as one thing to start, to look at and to end."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from nearhit_server.api.grpc.server import GrpcServer
from nearhit_server.core.health import Health


class Server(Protocol):
    """One port. `address` is HOST:PORT."""

    address: str

    async def start(self) -> None:
        """Begin to answer calls."""

    async def drain(self, *, delay_seconds: float, grace_seconds: float) -> None:
        """As Serving.drain."""


@dataclass(frozen=True)
class Servers:
    """The gRPC server, the HTTP server if there is one, and the health that they tell."""

    grpc: GrpcServer
    http: Server | None
    health: Health

    @property
    def ready_line(self) -> str:
        """What is printed once both serve: where they listen."""
        http = "" if self.http is None else f" http={self.http.address}"
        return f"nearhit ready grpc={self.grpc.address}{http}"

    async def start_http(self) -> None:
        """Begin to answer HTTP."""
        if self.http is not None:
            await self.http.start()

    async def announce(self, health: Health) -> None:
        """Tell gRPC's health checks; HTTP's look at `health` themselves."""
        await self.grpc.set_health(store=health.store, model=health.model)

    async def drain(self, *, delay_seconds: float, grace_seconds: float) -> None:
        """As Serving.drain."""
        self.health.draining = True
        async with asyncio.TaskGroup() as group:
            for server in self._all():
                group.create_task(
                    server.drain(delay_seconds=delay_seconds, grace_seconds=grace_seconds)
                )

    def _all(self) -> list[Server]:
        return [self.grpc] if self.http is None else [self.grpc, self.http]
