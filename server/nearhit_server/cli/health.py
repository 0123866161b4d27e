"""`nearhit health`."""

from typing import Annotated, Any, Final

import grpc
import typer
from grpc_health.v1 import health_pb2, health_pb2_grpc

from nearhit_server.cli import output
from nearhit_server.cli.failures import fail
from nearhit_server.cli.sentences import not_connected
from nearhit_server.cli.server_options import Server, with_server_options

_TIMEOUT_SECONDS: Final = 5.0

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING


@with_server_options
def health(
    service: Annotated[
        str,
        typer.Option(
            "--service",
            metavar="NAME",
            help="Ask for one, as nearhit.v1.SemanticCacheService; default: the whole server.",
        ),
    ] = "",
    *,
    server: Server,
) -> None:
    """Ask whether the server can do its work. The exit status is 0 if so, and 1 otherwise.

    It is for the health checks of containers, and needs no API key.
    """
    status = _status(server, service)
    if status != _SERVING:
        name = health_pb2.HealthCheckResponse.ServingStatus.Name(status)
        fail(f"{service or server.target} is {name}")
    output.print_line("SERVING")


def _status(server: Server, service: str) -> int:
    request = health_pb2.HealthCheckRequest(service=service)
    with _channel(server) as channel:
        # The methods of a stub are made when it is, which its type does not tell.
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(request, timeout=server.timeout or _TIMEOUT_SECONDS)
            return int(answer.status)
        except grpc.RpcError as error:
            fail(_sentence(error, service, server.target))


def _channel(server: Server) -> grpc.Channel:
    if server.credentials is None:
        return grpc.insecure_channel(server.target, server.channel_options)
    return grpc.secure_channel(server.target, server.credentials, server.channel_options)


def _sentence(error: grpc.RpcError, service: str, target: str) -> str:
    account = str(error.details())
    match error.code():
        case grpc.StatusCode.UNAVAILABLE:
            return not_connected(account, target)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return f"{target} took too long to answer; --timeout gives it longer"
        case grpc.StatusCode.NOT_FOUND:
            return f"{target} has no service {service}"
    return account
