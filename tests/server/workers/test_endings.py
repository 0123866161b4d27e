"""How a server of several workers ends: drained, forced, or with its parent killed."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

import nearhit
from encoders.openai_server import embed
from polling import until
from server.workers.workers_process import runs

CALLS = 16
"""Over a connection each. That all come to one of two workers has a chance of 1 in 32,768."""


@asynccontextmanager
async def calls_in_hand(server, endpoint):
    """Calls that wait for the model, and what lets the model answer."""
    gate = asyncio.Event()
    asked = set()

    async def answer_later(request):
        asked.update(request.body["input"])
        await gate.wait()
        return await embed(request)

    endpoint.always = answer_later
    texts = {f"text {number} of {server.address}" for number in range(CALLS)}
    try:
        async with AsyncExitStack() as stack:
            calls = []
            for text in texts:
                client = await stack.enter_async_context(
                    nearhit.AsyncClient(
                        server.address,
                        timeout=30,
                        options=[
                            ("grpc.use_local_subchannel_pool", 1),
                            ("grpc.enable_retries", 0),
                        ],
                    )
                )
                calls.append(asyncio.create_task(client.embed([text])))
            await until(lambda: texts <= asked)
            yield calls, gate
    finally:
        gate.set()
        endpoint.always = embed


def drains(server):
    """Whether both workers do."""
    return server.log().count("draining signal=SIGTERM") == 2


@pytest.mark.parametrize(
    "send",
    [
        pytest.param(lambda server: server.send(signal.SIGTERM), marks=pytest.mark.slow),
        # As service managers end all processes of a service; the parent passes it on besides.
        lambda server: server.send_to_all(signal.SIGTERM),
        pytest.param(
            # As Ctrl-C does in a terminal.
            lambda server: server.send_to_all(signal.SIGINT),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["parent", "all", "terminal"],
)
async def test_signal_lets_calls_of_all_workers_finish_and_leaves_nothing(
    start_workers, endpoint, send
):
    async with start_workers() as server:
        workers = server.workers()
        async with calls_in_hand(server, endpoint) as (calls, gate):
            send(server)
            await until(lambda: drains(server))
            gate.set()
            vectors = await asyncio.gather(*calls)
        assert len(vectors) == CALLS
        assert await server.wait() == 0
        assert not any(runs(pid) for pid in workers)
        assert server.leftovers() == []
        assert "worker ended" not in server.log()


@pytest.mark.slow
async def test_second_signal_cuts_calls_off(start_workers, endpoint):
    async with start_workers() as server:
        workers = server.workers()
        async with calls_in_hand(server, endpoint) as (calls, _):
            server.send(signal.SIGTERM)
            await until(lambda: drains(server))
            server.send(signal.SIGINT)
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert await server.wait() == 0
        assert all(isinstance(outcome, nearhit.NearhitError) for outcome in outcomes)
        assert not any(runs(pid) for pid in workers)


@pytest.mark.slow
async def test_workers_drain_by_themselves_when_their_parent_is_killed(start_workers, endpoint):
    async with start_workers() as server:
        workers = server.workers()
        async with calls_in_hand(server, endpoint) as (calls, gate):
            server.send(signal.SIGKILL)
            await until(lambda: drains(server))
            assert not runs(server.pid)
            gate.set()
            assert len(await asyncio.gather(*calls)) == CALLS
        await until(lambda: not any(runs(pid) for pid in workers))


@pytest.mark.slow
async def test_worker_that_somebody_drains_is_replaced(start_workers):
    async with start_workers() as server:
        workers = server.workers()
        drained = min(workers)
        os.kill(drained, signal.SIGTERM)
        await until(lambda: server.log().count("worker serves") == 3)
        assert len(server.workers()) == 2
        assert drained not in server.workers()
        assert f"pid={drained} ended_by" in server.log()
        server.send(signal.SIGTERM)
        assert await server.wait() == 0
