"""The command, run against a real server in a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import nearhit
from nearhit_server.cli import app

READY = "nearhit ready grpc="
ENOUGH_SECONDS = 120.0
"""A bound on what should take much less."""

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def server_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one server for all tests."""
    folder = tmp_path_factory.mktemp("cli-server")
    serve = [sys.executable, "-m", "nearhit_server", "serve"]
    command = [*serve, "--grpc", "127.0.0.1:0", "--http", "off"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [*command, "--data-dir", str(folder / "data")],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        try:
            ready = next((line for line in server.stdout if line.startswith(READY)), None)
            assert ready is not None, (folder / "log").read_text()
            yield ready.removeprefix(READY).split()[0]
        finally:
            server.terminate()
            server.wait(ENOUGH_SECONDS)


@pytest.fixture
def client(server_address: str, cache_id: str) -> Iterator[nearhit.Client]:
    """A client of a new cache with default settings."""
    with nearhit.Client(server_address, cache=cache_id, timeout=ENOUGH_SECONDS) as client:
        client.create_cache(cache_id)
        yield client


@pytest.fixture
def environment(server_address: str, cache_id: str) -> dict[str, str]:
    """The variables that point a command at the test's cache."""
    return {"NEARHIT_TARGET": server_address, "NEARHIT_CACHE": cache_id, "COLUMNS": "160"}


@pytest.fixture
def run(client: nearhit.Client, environment: dict[str, str]) -> Run:
    """Runs the command on the test's cache, in this process."""
    runner = CliRunner()

    def run(*arguments: str | Path, **options: Any) -> Result:
        words = [str(word) for word in arguments]
        return runner.invoke(app, words, env=environment, catch_exceptions=False, **options)

    return run
