"""get_or_compute of both clients: hits, misses, and a cache that is down or late."""

import asyncio
import logging
from datetime import timedelta

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

import nearhit
from nearhit.v1 import semantic_cache_pb2, types_pb2

HIT = semantic_cache_pb2.SearchResponse(
    hit=semantic_cache_pb2.Hit(
        matches=[
            semantic_cache_pb2.Match(
                entry=types_pb2.Entry(response="cached"),
                strategy=types_pb2.SEARCH_STRATEGY_EXACT,
            )
        ]
    )
)
MISS = semantic_cache_pb2.SearchResponse(miss=semantic_cache_pb2.Miss())
STORED = semantic_cache_pb2.StoreResponse(entry_id="e1", created=True)
ENOUGH_SECONDS = 20.0


class Llm:
    """Notes what it is asked."""

    def __init__(self, failure=None):
        self.asked = []
        self.failure = failure

    def __call__(self, prompt):
        self.asked.append(prompt)
        if self.failure is not None:
            raise self.failure
        return f"answer to {prompt}"


def stored(server):
    (seen,) = [seen for seen in server.seen if seen.method == "Store"]
    return semantic_cache_pb2.StoreRequest.FromString(seen.request)


async def test_hit_is_returned_and_nothing_computed(server, call):
    server.answers("Search", HIT)
    llm = Llm()

    assert await call("get_or_compute", "a", llm) == "cached"
    assert (llm.asked, server.attempts) == ([], ["Search"])


async def test_miss_is_computed_stored_and_returned(server, call):
    server.answers("Search", MISS)
    server.answers("Store", STORED)

    answer = await call(
        "get_or_compute",
        "a",
        Llm(),
        similarity_threshold=0.8,
        strategies=[nearhit.Strategy.SEMANTIC],
        vector=[1.0],
        attributes={"lang": "en"},
        metadata={"cost": 1},
        ttl=timedelta(hours=1),
    )

    assert answer == "answer to a"
    assert semantic_cache_pb2.SearchRequest.FromString(server.seen[0].request) == (
        semantic_cache_pb2.SearchRequest(
            cache="faq",
            prompt="a",
            similarity_threshold=0.8,
            strategies=[types_pb2.SEARCH_STRATEGY_SEMANTIC],
            vector=types_pb2.Vector(float32_le=b"\0\0\x80?"),
            attributes={"lang": "en"},
        )
    )
    assert stored(server) == semantic_cache_pb2.StoreRequest(
        cache="faq",
        prompt="a",
        response="answer to a",
        vector=types_pb2.Vector(float32_le=b"\0\0\x80?"),
        attributes={"lang": "en"},
        metadata_json='{"cost":1}',
        ttl=Duration(seconds=3600),
    )


async def test_effective_prompt_is_stored_when_there_is_context(server, call):
    effective = "turn\nhow much is it"
    server.answers(
        "Search",
        semantic_cache_pb2.SearchResponse(
            miss=semantic_cache_pb2.Miss(), effective_prompt=effective
        ),
    )
    server.answers("Store", STORED)
    llm = Llm()

    await call("get_or_compute", "how much is it", llm, context=["turn"])

    assert llm.asked == ["how much is it"]
    assert stored(server).prompt == effective


async def test_async_function_is_awaited_by_the_async_client(server):
    server.answers("Search", MISS)
    server.answers("Store", STORED)

    async def llm(prompt):
        return f"answer to {prompt}"

    async with nearhit.AsyncClient(server.target) as cache:
        assert await cache.get_or_compute("a", llm) == "answer to a"
    assert stored(server).response == "answer to a"


async def test_async_function_is_refused_by_the_blocking_client(server):
    server.answers("Search", MISS)

    async def llm(prompt):
        return prompt

    with nearhit.Client(server.target) as cache, pytest.raises(TypeError, match="AsyncClient"):
        await asyncio.to_thread(cache.get_or_compute, "a", llm)
    assert server.attempts == ["Search"]


async def test_failed_search_is_a_miss_of_which_nothing_is_stored(server, call, caplog):
    server.fails("Search", grpc.StatusCode.UNAVAILABLE, times=9, then=MISS)

    assert await call("get_or_compute", "secret", Llm()) == "answer to secret"

    assert set(server.attempts) == {"Search"}
    (record,) = [record for record in caplog.records if record.name == "nearhit"]
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)
    assert "secret" not in record.getMessage()


async def test_failed_search_is_raised_and_nothing_computed_when_asked_for(server, call):
    server.fails("Search", grpc.StatusCode.INTERNAL, times=1, then=MISS)
    llm = Llm()

    with pytest.raises(nearhit.InternalError):
        await call("get_or_compute", "a", llm, on_error="raise")

    assert llm.asked == []


async def test_late_search_costs_its_timeout_at_most(server, call):
    server.hangs("Search")

    async with asyncio.timeout(ENOUGH_SECONDS):
        answer = await call("get_or_compute", "a", Llm(), timeout=0.2)

    assert answer == "answer to a"
    assert server.attempts == ["Search"]


@pytest.mark.parametrize("on_error", ["miss", "raise"])
async def test_answer_is_returned_when_it_is_not_stored(server, call, on_error, caplog):
    server.answers("Search", MISS)
    server.fails("Store", grpc.StatusCode.INTERNAL, times=1, then=STORED)

    assert await call("get_or_compute", "a", Llm(), on_error=on_error) == "answer to a"

    assert server.attempts == ["Search", "Store"]
    assert "not stored" in caplog.text


async def test_answer_is_returned_when_it_cannot_be_stored(server, call, caplog):
    server.answers("Search", MISS)

    assert await call("get_or_compute", "a", lambda _: "secret \ud800") == "secret \ud800"

    assert server.attempts == ["Search"]
    # Of an error that is none of nearhit's, only what it is: it may quote the answer.
    (record,) = [record for record in caplog.records if record.name == "nearhit"]
    message = "the computed response was not stored: UnicodeEncodeError"
    assert (record.getMessage(), record.levelno) == (message, logging.ERROR)
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"ttl": 3}, TypeError),
        ({"metadata": {"not": object()}}, TypeError),
        ({"metadata": {"not": float("nan")}}, ValueError),
    ],
    ids=str,
)
async def test_what_no_answer_could_be_stored_with_is_raised_at_once(server, call, options, error):
    llm = Llm()

    with pytest.raises(error, match=r"ttl|metadata"):
        await call("get_or_compute", "a", llm, **options)

    assert (llm.asked, server.attempts) == ([], [])


async def test_store_has_the_time_that_the_search_has_left(server, call):
    async def search_slowly(context):
        await asyncio.sleep(0.5)
        return MISS.SerializeToString()

    server.behaviours["Search"] = search_slowly
    server.answers("Store", STORED)

    await call("get_or_compute", "a", Llm(), timeout=9)

    # gRPC sends times rounded up, by a tenth of a second here.
    assert 0 < server.seen[1].seconds_left <= 8.7


async def test_time_is_that_of_the_client_when_no_timeout_given(server, call):
    await call("close")
    call.connect(server.target, timeout=50)
    server.answers("Search", MISS)
    server.answers("Store", STORED)

    await call("get_or_compute", "a", Llm())

    assert [round(seen.seconds_left, -1) for seen in server.seen] == [50, 50]


async def test_what_the_function_raises_is_raised_and_nothing_stored(server, call):
    server.answers("Search", MISS)

    with pytest.raises(ZeroDivisionError):
        await call("get_or_compute", "a", Llm(failure=ZeroDivisionError()))

    assert server.attempts == ["Search"]


async def test_nearhit_error_of_the_function_is_raised_too(server, call):
    server.answers("Search", MISS)

    with pytest.raises(nearhit.UnavailableError, match="another cache"):
        await call("get_or_compute", "a", Llm(failure=nearhit.UnavailableError("another cache")))


async def test_prompt_that_cannot_be_sent_is_computed(call):
    assert await call("get_or_compute", "\ud800", Llm()) == "answer to \ud800"


async def test_response_is_computed_when_client_is_closed(server, call):
    await call("close")

    assert await call("get_or_compute", "a", Llm()) == "answer to a"


async def test_arguments_of_a_wrong_type_are_raised(call):
    llm = Llm()

    with pytest.raises(TypeError, match="similarity_threshold"):
        await call("get_or_compute", "a", llm, similarity_threshold="0.8")
    with pytest.raises(ValueError, match="on_error"):
        await call("get_or_compute", "a", llm, on_error="ignore")

    assert llm.asked == []


async def test_cancelling_ends_the_search_and_computes_nothing(server):
    server.hangs("Search")
    llm = Llm()
    async with nearhit.AsyncClient(server.target) as cache:
        task = asyncio.create_task(cache.get_or_compute("a", llm))
        await asyncio.wait_for(server.hanging.wait(), ENOUGH_SECONDS)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.cancelled.wait(), ENOUGH_SECONDS)
    assert llm.asked == []


async def test_cancelling_while_storing_is_cancelling(server):
    server.answers("Search", MISS)
    server.hangs("Store")
    async with nearhit.AsyncClient(server.target) as cache:
        task = asyncio.create_task(cache.get_or_compute("a", Llm()))
        await asyncio.wait_for(server.hanging.wait(), ENOUGH_SECONDS)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
