"""The two loops against servers that stall, and what they count."""

import asyncio
import time
from itertools import repeat

import numpy as np
import pytest

from bench.conftest import Stall, calling, recorder, server_that
from nearhit_server.bench.histograms import merged, milliseconds, quantiles
from nearhit_server.bench.loops import open_loop
from nearhit_server.bench.measuring import measure
from nearhit_server.bench.recording import Recorder
from nearhit_server.bench.requests import Method, Request
from nearhit_server.bench.scenarios import Semantic
from nearhit_server.bench.settings import Arrivals, Load

SEARCH = Request(Method.SEARCH, b"")

ENOUGH_SECONDS = 20.0
RATE = 200.0
CALLS = 200
STALLED_FROM, STALLED_TO = 50, 150
"""Half a second's worth of calls."""


async def measured(load, session, answer, *, stop=None):
    """The state after a run against a server that has `answer` decide."""
    async with server_that(answer) as address, calling(address) as caller:
        never = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(ENOUGH_SECONDS):
            return await measure(
                load, session, repeat(SEARCH), caller.perform, stop=stop or never, observe=id
            )


def open_load(**changes):
    return Load(
        rate=RATE,
        arrivals=Arrivals.UNIFORM,
        duration_seconds=CALLS / RATE,
        warmup_seconds=0.0,
        **changes,
    )


async def test_open_loop_counts_a_stall_for_every_call_due_in_it(session):
    state = await measured(open_load(), session, Stall(STALLED_FROM, STALLED_TO))

    found = milliseconds(merged([state["latencies"]["miss"]]))
    assert found["count"] == state["due"] == CALLS
    # Call n waited for (150 - n) / 200 seconds at least: evenly up to half a second, for half of
    # all calls.
    assert found["max"] >= 495
    assert found["p99"] >= 480
    assert quantiles(merged([state["latencies"]["miss"]]), np.array([0.74]))[0] >= 235


async def test_closed_loop_sees_a_stall_once_for_each_caller(session):
    load = Load(concurrency=2, duration_seconds=0.4, warmup_seconds=0.0)
    stop = asyncio.get_running_loop().create_future()

    async def stall(number):
        if number == 20:
            await asyncio.sleep(0.1)

    state = await measured(load, session, stall, stop=stop)

    found = milliseconds(merged([state["latencies"]["miss"]]))
    assert found["max"] >= 100
    assert found["p90"] < 100


async def test_calls_due_in_the_warm_up_are_made_and_not_counted(session):
    received = []

    async def note(number):
        received.append(number)

    load = Load(rate=RATE, arrivals=Arrivals.UNIFORM, duration_seconds=0.25, warmup_seconds=0.25)
    state = await measured(load, session, note)

    assert len(received) == 100
    # Though the last answer came before.
    assert state["seconds"] == pytest.approx(0.25)
    assert state["due"] == milliseconds(merged([state["latencies"]["miss"]]))["count"] == 50


async def test_calls_are_dropped_and_counted_when_too_many_are_unanswered():
    gate, counted = asyncio.Event(), recorder()
    begun = []

    async def perform(request, due, counted):
        begun.append(request)
        await gate.wait()

    def ten_at_once():
        yield from [time.perf_counter()] * 10
        gate.set()

    await open_loop(ten_at_once(), repeat(SEARCH), perform, counted, max_outstanding=3)

    state = counted.state(time.perf_counter())
    assert (len(begun), state["dropped"], state["due"]) == (3, 7, 10)


async def test_lag_tells_how_late_the_generator_was():
    begun = time.perf_counter()
    counted = Recorder(begins=begun - 2, ends=begun + 2)

    dues = []

    async def perform(request, due, counted):
        dues.append(due)

    await open_loop([begun - 1] * 3, repeat(SEARCH), perform, counted, max_outstanding=3)

    lag = milliseconds(merged([counted.state(begun)["lag"]]))
    assert lag["count"] == 3
    assert lag["p50"] >= 999
    assert dues == [begun - 1] * 3


async def test_latency_counts_from_when_a_call_was_due(session, caller, client):
    counted = Recorder(begins=time.perf_counter() - 2, ends=time.perf_counter() + 2)

    await caller.perform(next(Semantic().requests(session)), time.perf_counter() - 1, counted)

    [latencies] = counted.state(time.perf_counter())["latencies"].values()
    assert milliseconds(merged([latencies]))["mean"] >= 999


async def test_calls_without_an_answer_are_unfinished_when_the_run_is_stopped(session):
    gate = asyncio.Event()
    stop = asyncio.get_running_loop().create_future()

    async def hold(number):
        if number == 9:
            stop.set_result(None)
        await gate.wait()

    state = await measured(open_load(), session, hold, stop=stop)

    assert state["unfinished"] >= 10
    assert state["latencies"] == {}
    assert 0 < state["seconds"] < CALLS / RATE


async def test_refused_calls_are_counted_by_their_reason(client, session, caller):
    await client.delete_cache(client.cache)
    counted = recorder()
    await caller.perform(next(Semantic().requests(session)), time.perf_counter(), counted)

    assert counted.state(time.perf_counter())["errors"] == {"NOT_FOUND CACHE_NOT_FOUND": 1}
