"""Single flights within single flights."""

import asyncio
import threading
from concurrent.futures import wait

from nearhit import single_flight
from nearhit.single_flight import AsyncSingleFlight, SingleFlight
from polling import until

ENOUGH_SECONDS = 20.0


async def test_thread_that_asks_itself_the_same_passes_through():
    flights = SingleFlight()

    def again():
        return flights.get("b", lambda: flights.get("a", lambda: "inner")) + " and outer"

    async with asyncio.timeout(ENOUGH_SECONDS):
        assert await asyncio.to_thread(flights.get, "a", again) == "inner and outer"


async def test_function_that_asks_itself_the_same_passes_through():
    flights = AsyncSingleFlight()

    async def inner():
        return "inner"

    async def between():
        return await flights.get("a", inner)

    async def outer():
        return await flights.get("b", between) + " and outer"

    async with asyncio.timeout(ENOUGH_SECONDS):
        assert await flights.get("a", outer) == "inner and outer"


async def test_threads_that_ask_for_each_others_answers_do_not_wait_for_ever():
    one, other, leading = SingleFlight(), SingleFlight(), threading.Barrier(2)

    def ask(first, then):
        def crossed():
            leading.wait(ENOUGH_SECONDS)
            return then.get("b", lambda: "own") + " crossed"

        return first.get("b", crossed)

    async with asyncio.timeout(ENOUGH_SECONDS):
        answers = await asyncio.gather(
            asyncio.to_thread(ask, one, other), asyncio.to_thread(ask, other, one)
        )

    # One of them waits, the other answers for itself.
    assert sorted(answers) == ["own crossed", "own crossed crossed"]


async def test_functions_that_ask_for_each_others_answers_do_not_wait_for_ever():
    flights, leading = AsyncSingleFlight(), asyncio.Barrier(3)

    async def own():
        return "own"

    async def ask(key, *, then):
        async def crossed():
            await leading.wait()
            return await flights.get(then, own) + " crossed"

        return await flights.get(key, crossed)

    async with asyncio.timeout(ENOUGH_SECONDS):
        # Each asks for the next one's.
        answers = await asyncio.gather(*(ask(n, then=(n + 1) % 3) for n in range(3)))

    assert sorted(len(answer.split()) for answer in answers) == [2, 3, 4]


async def test_thread_within_a_flight_waits_for_one_that_does_not_need_it(monkeypatch):
    flights, asked, gate = SingleFlight(), [], threading.Event()

    def wait_told(futures):
        gate.set()
        return wait(futures)

    monkeypatch.setattr(single_flight, "wait", wait_told)

    def inner():
        asked.append("inner")
        gate.wait(ENOUGH_SECONDS)
        return "inner"

    def outer():
        return flights.get("a", inner) + " and outer"

    first = asyncio.create_task(asyncio.to_thread(flights.get, "a", inner))
    await until(lambda: bool(asked))

    assert await asyncio.to_thread(flights.get, "b", outer) == "inner and outer"
    assert await first == "inner"
    assert asked == ["inner"]
