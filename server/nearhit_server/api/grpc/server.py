"""The gRPC server: services, health and reflection on one port."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from nearhit.v1 import (
    cache_admin_pb2,
    cache_quality_pb2,
    embedding_cache_pb2,
    key_admin_pb2,
    semantic_cache_pb2,
)
from nearhit_server.api.addresses import AddressError
from nearhit_server.api.grpc.endpoint import MAX_MESSAGE_BYTES, Endpoint, Rpc
from nearhit_server.api.grpc.guard import GuardedReflection, UnknownMethods
from nearhit_server.api.grpc.health_endpoint import HealthEndpoint
from nearhit_server.core.admission import Admission
from nearhit_server.core.observing import Observer

SEMANTIC_CACHE: Final = semantic_cache_pb2.DESCRIPTOR.services_by_name["SemanticCacheService"]
CACHE_ADMIN: Final = cache_admin_pb2.DESCRIPTOR.services_by_name["CacheAdminService"]
CACHE_QUALITY: Final = cache_quality_pb2.DESCRIPTOR.services_by_name["CacheQualityService"]
EMBEDDING_CACHE: Final = embedding_cache_pb2.DESCRIPTOR.services_by_name["EmbeddingCacheService"]
KEY_ADMIN: Final = key_admin_pb2.DESCRIPTOR.services_by_name["KeyAdminService"]

_NEED_THE_MODEL: Final = {
    SEMANTIC_CACHE.full_name,
    EMBEDDING_CACHE.full_name,
    health.OVERALL_HEALTH,
}

_MINUTE_MS: Final = 60_000

_LAST_WORDS_SECONDS: Final = 0.1
"""For callers to hear that they were refused. Shorter than the pause they are asked to make."""

_MAX_PENDING_CALLS: Final = 32_768

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # A bearer key, a trace and a few ids are far below; the second figure is where it ends.
    ("grpc.max_metadata_size", 16 << 10),
    ("grpc.absolute_max_metadata_size", 32 << 10),
    # Connections are renewed now and then, so that replicas which came later get their share.
    ("grpc.max_connection_age_ms", 30 * _MINUTE_MS),
    ("grpc.max_connection_idle_ms", 15 * _MINUTE_MS),
    # Peers that have vanished without a word are noticed.
    ("grpc.keepalive_time_ms", 2 * _MINUTE_MS),
    ("grpc.keepalive_timeout_ms", 20_000),
    # Clients may ping twice a minute, with or without calls; who pings more is cut off.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", _MINUTE_MS // 2),
    ("grpc.http2.max_ping_strikes", 2),
    # Who connects and says nothing is let go, by default only after two minutes.
    ("grpc.server_handshake_timeout_ms", 10_000),
    # Calls of a burst that the loop has not come to. By default grpc cancels some beyond 1,000 and
    # all beyond 3,000, without a word; ours that are too many are told so, and when to try again.
    ("grpc.server.max_pending_requests", _MAX_PENDING_CALLS),
    ("grpc.server.max_pending_requests_hard_limit", _MAX_PENDING_CALLS),
)

Services = Mapping[ServiceDescriptor, Mapping[str, Rpc]]
"""The methods of each service, by name."""


class GrpcServer:
    """A server that has its port, and answers calls once started. `address` is HOST:PORT."""

    def __init__(
        self,
        server: grpc.aio.Server,
        *,
        admission: Admission,
        health_endpoint: HealthEndpoint,
        services: Sequence[str],
        address: str,
    ) -> None:
        self._server = server
        self._admission = admission
        self._health = health_endpoint
        self._services = services
        self.address = address

    async def start(self) -> None:
        """Begin to answer calls."""
        await self._server.start()

    async def set_health(self, *, store: bool, model: bool) -> None:
        """Tell health checks, for each service, whether what it needs can do its work."""
        for service in (health.OVERALL_HEALTH, *self._services):
            healthy = store and (model or service not in _NEED_THE_MODEL)
            await self._health.set(
                service,
                HealthCheckResponse.SERVING if healthy else HealthCheckResponse.NOT_SERVING,
            )

    async def drain(self, *, delay_seconds: float, grace_seconds: float) -> None:
        """Turn health to NOT_SERVING, then refuse new calls and let those in flight finish.

        New calls are still answered for `delay_seconds`, in which load balancers take notice.
        Calls still running `grace_seconds` after that are cancelled. Calling it again with
        shorter times ends the wait sooner.
        """
        await self._health.drain()
        await asyncio.sleep(delay_seconds)
        # grpc's own end answers CANCELLED to what comes in until clients have heard of it, and
        # nobody repeats that. So they are first told to come back a little later, when they will
        # have heard, and go elsewhere.
        self._admission.close()
        await asyncio.sleep(min(_LAST_WORDS_SECONDS, grace_seconds))
        await self._server.stop(grace_seconds or None)


@asynccontextmanager
async def open_grpc_server(
    address: str,
    services: Services,
    *,
    admission: Admission,
    observer: Observer,
    max_call_seconds: float = 60,
    credentials: grpc.ServerCredentials | None = None,
    share_port: bool = False,
) -> AsyncIterator[GrpcServer]:
    """A server that has taken `address`, HOST:PORT, where port 0 is any free one, to itself or
    to share it. Without `credentials` it does not encrypt. Raises AddressError."""
    own = (
        # A connection that has reached its age lets its calls finish.
        ("grpc.max_connection_age_grace_ms", round(max_call_seconds * 1_000) + 5_000),
        # Clients keep back what is beyond, and wait. So it is beyond what the server takes in
        # hand, for them to be told at once that it has its hands full.
        ("grpc.max_concurrent_streams", 4 * admission.max_calls),
        # By default two servers would share the port without a word.
        ("grpc.so_reuseport", int(share_port)),
    )
    server = grpc.aio.server(options=(*_OPTIONS, *own))
    for service, rpcs in services.items():
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            # Without (de)serializers: the endpoint takes and gives bytes.
            name: grpc.stream_unary_rpc_method_handler(
                Endpoint(
                    service.methods_by_name[name], rpc, admission=admission, observer=observer
                ).__call__
            )
            for name, rpc in rpcs.items()
        }
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service.full_name, handlers),)
        )
    names = [service.full_name for service in services]
    health_endpoint = HealthEndpoint()
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(health.SERVICE_NAME, health_endpoint.handlers),)
    )
    described = [*names, health.SERVICE_NAME, reflection.SERVICE_NAME]
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(  # type: ignore[no-untyped-call]
        GuardedReflection(described, admission), server
    )
    server.add_generic_rpc_handlers((UnknownMethods(admission),))
    bound = _bind(server, address, credentials)
    try:
        yield GrpcServer(
            server,
            admission=admission,
            health_endpoint=health_endpoint,
            services=names,
            address=bound,
        )
    finally:
        await server.stop(None)


def _bind(server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials | None) -> str:
    host, _, _ = address.rpartition(":")
    try:
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise AddressError(
            f"cannot listen on {address}: it is in use or not an address of this machine"
        ) from error
    return f"{host}:{port}"
