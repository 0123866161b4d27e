"""The gRPC server: services, health and reflection on one port."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_reflection.v1alpha import reflection

from nearhit.v1 import cache_admin_pb2, embedding_cache_pb2, semantic_cache_pb2
from nearhit_server.api.grpc.endpoint import MAX_MESSAGE_BYTES, Endpoint, Handler
from nearhit_server.api.grpc.health import HealthServicer

SEMANTIC_CACHE: Final = semantic_cache_pb2.DESCRIPTOR.services_by_name["SemanticCacheService"]
CACHE_ADMIN: Final = cache_admin_pb2.DESCRIPTOR.services_by_name["CacheAdminService"]
EMBEDDING_CACHE: Final = embedding_cache_pb2.DESCRIPTOR.services_by_name["EmbeddingCacheService"]

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Two servers would otherwise share the port without a word.
    ("grpc.so_reuseport", 0),
)

Services = Mapping[ServiceDescriptor, Mapping[str, Handler]]
"""The handlers of each service, by method name."""


class AddressError(Exception):
    """The address cannot be listened on; the message is one plain sentence."""


class GrpcServer:
    """A server that has its port, and answers calls once started. `address` is HOST:PORT."""

    def __init__(
        self,
        server: grpc.aio.Server,
        *,
        health_servicer: HealthServicer,
        services: Sequence[str],
        address: str,
    ) -> None:
        self._server = server
        self._health = health_servicer
        self._services = services
        self.address = address

    async def start(self) -> None:
        """Begin to answer calls."""
        await self._server.start()
        await self.set_serving(True)

    async def set_serving(self, serving: bool) -> None:
        """Tell health checks whether the services can do their work."""
        status = HealthCheckResponse.SERVING if serving else HealthCheckResponse.NOT_SERVING
        for service in (health.OVERALL_HEALTH, *self._services):
            await self._health.set(service, status)

    async def drain(self, *, grace_seconds: float) -> None:
        """Turn health to NOT_SERVING, refuse new calls and let those in flight finish.

        Calls still running after `grace_seconds` are cancelled. Calling it again with a shorter
        time ends the wait sooner.
        """
        await self._health.drain()
        await self._server.stop(grace_seconds or None)


@asynccontextmanager
async def open_grpc_server(address: str, services: Services) -> AsyncIterator[GrpcServer]:
    """A server that has taken `address`, HOST:PORT, where port 0 is any free one. Raises
    AddressError."""
    server = grpc.aio.server(options=_OPTIONS)
    for service, handlers in services.items():
        server.add_generic_rpc_handlers((_generic_handler(service, handlers),))
    names = [service.full_name for service in services]
    health_servicer = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    reflection.enable_server_reflection(
        [*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server
    )
    bound = _bind(server, address)
    try:
        yield GrpcServer(server, health_servicer=health_servicer, services=names, address=bound)
    finally:
        await server.stop(None)


def _generic_handler(
    service: ServiceDescriptor, handlers: Mapping[str, Handler]
) -> grpc.GenericRpcHandler:
    return grpc.method_handlers_generic_handler(
        service.full_name,
        {
            # Without (de)serializers: the endpoint takes and gives bytes.
            name: grpc.unary_unary_rpc_method_handler(
                Endpoint(service.methods_by_name[name], handler).__call__
            )
            for name, handler in handlers.items()
        },
    )


def _bind(server: grpc.aio.Server, address: str) -> str:
    host, _, _ = address.rpartition(":")
    try:
        return f"{host}:{server.add_insecure_port(address)}"
    except RuntimeError as error:
        raise AddressError(
            f"cannot listen on {address}: it is in use or not an address of this machine"
        ) from error
