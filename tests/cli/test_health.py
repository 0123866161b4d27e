"""`nearhit health` against servers that are well, unwell and away."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse
from typer.testing import CliRunner

from nearhit_server.cli import app

SERVICE = "nearhit.v1.SemanticCacheService"


def ask(*arguments: str):
    return CliRunner().invoke(app, ["health", *arguments], catch_exceptions=False)


@contextmanager
def health_server(servicer) -> Iterator[str]:
    """The address of a server with nothing but health."""
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.fixture
def servicer():
    servicer = health.HealthServicer()
    servicer.set("", HealthCheckResponse.SERVING)
    servicer.set(SERVICE, HealthCheckResponse.NOT_SERVING)
    return servicer


def test_health_exits_0_when_the_real_server_serves(server_address):
    for arguments in ([], ["--service", SERVICE]):
        result = ask("--target", server_address, *arguments)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "SERVING\n", "")


def test_health_asks_for_the_whole_server_unless_a_service_is_named(servicer):
    with health_server(servicer) as target:
        well = ask("--target", target)
        unwell = ask("--target", target, "--service", SERVICE)

    assert well.exit_code == 0
    assert (unwell.exit_code, unwell.stdout) == (1, "")
    assert unwell.stderr == f"nearhit: {SERVICE} is NOT_SERVING\n"


def test_health_exits_1_when_the_server_is_unwell(servicer):
    servicer.set("", HealthCheckResponse.NOT_SERVING)
    with health_server(servicer) as target:
        result = ask("--target", target)

    assert (result.exit_code, result.stderr) == (1, f"nearhit: {target} is NOT_SERVING\n")


def test_health_exits_1_when_there_is_no_such_service(servicer):
    with health_server(servicer) as target:
        result = ask("--target", target, "--service", "nothing.Such")

    assert result.exit_code == 1
    assert result.stderr == f"nearhit: {target} has no service nothing.Such\n"


def test_health_exits_1_when_nobody_answers_in_time():
    class Silent(health_pb2_grpc.HealthServicer):
        def Check(self, request, context):  # noqa: N802
            told.wait()
            return HealthCheckResponse()

    told = threading.Event()
    with health_server(Silent()) as target:
        result = ask("--target", target, "--timeout", "0.2")
        told.set()

    assert result.exit_code == 1
    assert result.stderr == (
        f"nearhit: {target} took too long to answer; --timeout gives it longer\n"
    )
