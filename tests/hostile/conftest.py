"""A server of its own for all attacks, and the client that must not notice."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

import nearhit
from polling import until
from server_process import server_process

_TOLERATED_BYTES = 96 << 20


@pytest.fixture(scope="session")
async def server(tmp_path_factory, tiny_model):
    """A server in a process of its own."""
    folder = tmp_path_factory.mktemp("attacked")
    # Leaving it waits for the process, and so does starting.
    running = server_process(folder, "--model", str(tiny_model))
    started = await asyncio.to_thread(running.__enter__)
    yield started
    await asyncio.to_thread(running.__exit__, None, None, None)


@pytest.fixture(scope="session")
async def bystander(server):
    """A client of a cache whose name nobody guesses."""
    async with nearhit.AsyncClient(server.address, cache="bystander") as client:
        await client.create_cache("bystander")
        yield client


@pytest.fixture
async def undisturbed(bystander):
    """Searches from elsewhere while a test runs: each must succeed."""
    searches = Searches()
    searching = asyncio.create_task(searches.go_on(bystander))
    yield
    so_far = searches.count
    await until(lambda: searches.count > so_far or searching.done())
    searching.cancel()
    with suppress(asyncio.CancelledError):
        await searching


@pytest.fixture
async def unharmed(server, undisturbed):
    """As undisturbed; and when it is over the server's memory must be near where it was."""
    before = resident_bytes(server.pid)
    yield
    await until(lambda: resident_bytes(server.pid) < before + _TOLERATED_BYTES)


class Searches:
    """How many have succeeded."""

    count = 0

    async def go_on(self, client: nearhit.AsyncClient) -> None:
        """Search again and again, until a search fails."""
        while True:
            await client.search(f"question {self.count}")
            self.count += 1
            await asyncio.sleep(0.01)


def resident_bytes(process_id: int) -> int:
    """The memory that a process has."""
    status = Path(f"/proc/{process_id}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) << 10
