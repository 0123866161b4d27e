"""Calls that ask the same at the same time, with single_flight."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import nearhit
from nearhit.single_flight import AsyncSingleFlight, SingleFlight
from nearhit.v1 import semantic_cache_pb2
from polling import until

MISS = semantic_cache_pb2.SearchResponse(miss=semantic_cache_pb2.Miss())
STORED = semantic_cache_pb2.StoreResponse(entry_id="e1", created=True)
ENOUGH_SECONDS = 20.0


class Llm:
    """Answers when a test lets it, and counts."""

    def __init__(self):
        self.asked = []
        self.gate = asyncio.Event()
        self.failure = None
        self.cancelled = False

    async def __call__(self, prompt, model):
        self.asked.append((prompt, model))
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.failure is not None:
            raise self.failure
        return f"answer {len(self.asked)}"


@pytest.fixture
def llm():
    return Llm()


@pytest.fixture
async def ask(server, llm):
    """The cached function."""
    server.answers("Search", MISS)
    server.answers("Store", STORED)
    async with nearhit.AsyncClient(server.target) as cache:

        @nearhit.cached(
            cache,
            key=lambda prompt, model="small": prompt,
            attributes=lambda prompt, model="small": {"model": model},
            single_flight=True,
        )
        async def ask(prompt: str, model: str = "small") -> str:
            return await llm(prompt, model)

        yield ask


def begin(ask, *arguments):
    return asyncio.create_task(ask(*arguments))


async def test_same_question_is_asked_once_at_a_time(server, llm, ask):
    calls = [begin(ask, "a") for _ in range(5)]
    await until(lambda: bool(llm.asked))
    llm.gate.set()

    assert await asyncio.gather(*calls) == ["answer 1"] * 5
    assert server.attempts == ["Search", "Store"]
    assert await ask("a") == "answer 2"


async def test_other_questions_are_asked_for_themselves(llm, ask):
    llm.gate.set()

    await asyncio.gather(ask("a"), ask("b"), ask("a", "large"))

    assert sorted(llm.asked) == [("a", "large"), ("a", "small"), ("b", "small")]


async def test_failure_is_that_of_all_who_wait_and_of_nobody_after(llm, ask):
    llm.failure = ZeroDivisionError()
    calls = [begin(ask, "a") for _ in range(3)]
    await until(lambda: bool(llm.asked))
    llm.gate.set()

    failures = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(failure) for failure in failures] == [ZeroDivisionError] * 3
    llm.failure = None
    assert await ask("a") == "answer 2"


async def test_cancelling_the_first_leaves_the_others_waiting(llm, ask):
    first, second = begin(ask, "a"), begin(ask, "a")
    await until(lambda: bool(llm.asked))

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    llm.gate.set()

    assert await second == "answer 1"
    assert llm.asked == [("a", "small")]


async def test_cancelling_all_cancels_the_function(llm, ask):
    calls = [begin(ask, "a") for _ in range(2)]
    await until(lambda: bool(llm.asked))

    for call in calls:
        call.cancel()
    ended = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(end) for end in ended] == [asyncio.CancelledError] * 2
    assert llm.cancelled
    llm.gate.set()
    assert await ask("a") == "answer 2"


async def test_caller_who_comes_during_the_cancelling_does_not_share_it(llm, ask):
    gone = begin(ask, "a")
    await until(lambda: bool(llm.asked))

    gone.cancel()
    next_one = begin(ask, "a")
    with pytest.raises(asyncio.CancelledError):
        await gone
    llm.gate.set()

    assert await next_one == "answer 2"


async def test_threads_ask_the_same_question_once_at_a_time(server):
    server.answers("Search", MISS)
    server.answers("Store", STORED)
    asked, failing, gate = [], [], threading.Event()
    with (
        nearhit.Client(server.target) as cache,
        ThreadPoolExecutor(4) as executor,
    ):

        @nearhit.cached(cache, single_flight=True)
        def ask(prompt: str) -> str:
            asked.append(prompt)
            gate.wait(ENOUGH_SECONDS)
            if failing:
                raise failing[0]
            return f"answer {len(asked)}"

        loop = asyncio.get_running_loop()
        calls = [loop.run_in_executor(executor, ask, prompt) for prompt in "aaab"]
        await until(lambda: sorted(asked) == ["a", "b"])
        gate.set()
        answers = await asyncio.gather(*calls)

        assert len(set(answers[:3])) == 1
        assert server.attempts.count("Search") == 2
        failing.append(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(executor, ask, "a")
        failing.clear()
        assert await loop.run_in_executor(executor, ask, "a") == "answer 4"


async def test_threads_compute_for_themselves_when_the_first_exits():
    flights, leading, gate = SingleFlight(), threading.Event(), threading.Event()

    def exit_late():
        leading.set()
        gate.wait(ENOUGH_SECONDS)
        raise SystemExit

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as executor:
        first = loop.run_in_executor(executor, _ended, flights, exit_late)
        await until(leading.is_set)
        second = loop.run_in_executor(executor, flights.get, "a", lambda: "own answer")
        gate.set()

        assert isinstance(await first, SystemExit)
        assert await second == "own answer"


def _ended(flights, get):
    """What ended a flight."""
    try:
        flights.get("a", get)
    except BaseException as error:
        return error


async def test_event_loops_do_not_wait_for_each_other():
    flights, began = AsyncSingleFlight(), threading.Barrier(3, timeout=ENOUGH_SECONDS)

    async def answer():
        # All loops are under way with the same key at once.
        await asyncio.to_thread(began.wait)
        return "answer"

    async def twice():
        return await asyncio.gather(*(flights.get("a", answer) for _ in range(2)))

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(3) as executor:
        runs = [loop.run_in_executor(executor, lambda: asyncio.run(twice())) for _ in range(3)]
        assert await asyncio.gather(*runs) == [["answer"] * 2] * 3
