"""Workers that share ports: calls, metrics, and a worker that dies among them."""

import asyncio
import os
import re
import signal
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

import nearhit
from encoders.openai_server import embed
from polling import until
from server.workers.workers_process import runs
from telemetry.samples import samples_of

CHANNELS = 16
"""That all of them come to one of two workers has a chance of 1 in 32,768."""

OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


@pytest.fixture(scope="module")
async def server(start_workers):
    """Two workers, for all tests here."""
    async with start_workers() as server:
        yield server


@pytest.fixture
async def clients(server):
    """Clients with a connection each."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                nearhit.AsyncClient(server.address, timeout=30, options=OWN_CONNECTION)
            )
            for _ in range(CHANNELS)
        ]


async def metrics(server):
    """What /metrics says over a connection of its own."""
    response = await asyncio.to_thread(urlopen, f"http://{server.http_address}/metrics", timeout=10)
    with response:
        return samples_of(response.read())


def test_one_line_says_where_all_serve_and_how_many(server):
    assert re.fullmatch(
        r"nearhit ready grpc=127\.0\.0\.1:\d+ http=127\.0\.0\.1:\d+ workers=2\n", server.ready_line
    )
    assert len(server.workers()) == 2


def test_parent_has_no_threads_and_nothing_of_the_server(server):
    process = Path(f"/proc/{server.pid}")
    assert len(list((process / "task").iterdir())) == 1
    libraries = (process / "maps").read_text()
    assert "python" in libraries
    assert "numpy" not in libraries
    assert "torch" not in libraries


async def test_what_one_stores_all_find_and_each_tells_the_metrics_of_both(server, clients):
    await clients[0].store("who stores this?", "one of us")
    found = await asyncio.gather(*(client.search("who stores this?") for client in clients))
    assert all(isinstance(outcome, nearhit.Hit) for outcome in found)
    counts = [server.calls_of(worker) for worker in server.workers()]
    assert all(counts)
    method = "nearhit.v1.SemanticCacheService/Search"
    for _ in range(8):
        told = await metrics(server)
        counted = told.of("nearhit_calls_total", protocol="grpc", method=method, status="OK")
        assert counted == CHANNELS
        assert told.of("nearhit_calls_in_flight") == 1


async def test_worker_that_is_killed_is_replaced_while_calls_go_on(server, clients):
    await clients[0].store("what lasts?", "this")
    killed, other = server.workers()
    of_killed, of_other = [], []
    for client in clients:
        calls = server.calls_of(killed)
        await client.search("what lasts?")
        (of_other if server.calls_of(killed) == calls else of_killed).append(client)
    over = asyncio.Event()

    async def search_until_over(client):
        while not over.is_set():
            assert isinstance(await client.search("what lasts?"), nearhit.Hit)

    async def search_again(client):
        """Until the answer comes, as callers of a service do."""
        with suppress(nearhit.UnavailableError):
            return isinstance(await client.search("what lasts?"), nearhit.Hit)
        return False

    before = (await metrics(server)).named("nearhit_calls_total")
    async with asyncio.TaskGroup() as group:
        for client in of_other:
            group.create_task(search_until_over(client))
        os.kill(killed, signal.SIGKILL)
        for client in of_killed:
            await until(partial(search_again, client))
        await until(lambda: server.log().count("worker serves") == 3)
        over.set()
    (new,) = server.workers() - {killed, other}
    assert runs(new)
    assert re.search(rf"\[error *\] worker ended +pid={killed} ended_by=SIGKILL", server.log())
    after = await metrics(server)
    assert all(after.named("nearhit_calls_total")[labels] >= n for labels, n in before.items())
    assert server.gauges_of(other)
    assert not server.gauges_of(killed)
    for _ in range(100):
        async with nearhit.AsyncClient(server.address, options=OWN_CONNECTION) as client:
            await client.search("what lasts?")
        if server.calls_of(new):
            return
    pytest.fail("no call has come to the new worker")


@pytest.mark.slow
async def test_no_call_waits_for_a_worker_that_still_loads_its_model(server, clients, endpoint):
    await clients[0].store("who is there?", "I am")
    loads, loaded = asyncio.Event(), asyncio.Event()

    async def answer_later(request):
        loads.set()
        await loaded.wait()
        return await embed(request)

    endpoint.always = answer_later
    try:
        os.kill(min(server.workers()), signal.SIGKILL)
        await loads.wait()
        for _ in range(CHANNELS):
            async with nearhit.AsyncClient(server.address, options=OWN_CONNECTION) as client:
                assert isinstance(await client.search("who is there?"), nearhit.Hit)
    finally:
        loaded.set()
        endpoint.always = embed
