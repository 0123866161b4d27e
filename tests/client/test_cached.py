"""The decorator: a function looks as before, and is asked only what the cache does not know."""

import asyncio
import inspect
from functools import partial

import pytest

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


@pytest.fixture
async def cache(server):
    server.answers("Store", STORED)
    server.answers("Search", MISS)
    async with nearhit.AsyncClient(server.target, cache="faq") as cache:
        yield cache


@pytest.fixture
async def blocking_cache(server):
    server.answers("Store", STORED)
    server.answers("Search", MISS)
    with nearhit.Client(server.target, cache="faq") as cache:
        yield cache


def searched(server):
    """The prompts and attributes of the searches."""
    requests = [
        semantic_cache_pb2.SearchRequest.FromString(seen.request)
        for seen in server.seen
        if seen.method == "Search"
    ]
    return [(request.prompt, dict(request.attributes)) for request in requests]


async def ask(prompt: str) -> str:
    """Asks the LLM."""
    return f"answer to {prompt}"


def ask_blocking(prompt: str = "hello") -> str:
    return f"answer to {prompt}"


async def test_async_function_is_asked_on_a_miss_only(server, cache):
    cached = nearhit.cached(cache)(ask)

    assert await cached("a") == "answer to a"
    server.answers("Search", HIT)
    assert await cached(prompt="b") == "cached"
    assert [prompt for prompt, _ in searched(server)] == ["a", "b"]
    assert server.attempts == ["Search", "Store", "Search"]


async def test_blocking_function_is_asked_on_a_miss_only(server, blocking_cache):
    cached = nearhit.cached(blocking_cache)(ask_blocking)

    assert await asyncio.to_thread(cached) == "answer to hello"
    server.answers("Search", HIT)
    assert await asyncio.to_thread(cached, "b") == "cached"
    assert [prompt for prompt, _ in searched(server)] == ["hello", "b"]


async def test_function_looks_as_before(cache, blocking_cache):
    cached = nearhit.cached(cache)(ask)
    blocking = nearhit.cached(blocking_cache)(ask_blocking)

    assert (cached.__name__, cached.__doc__, cached.__wrapped__) == ("ask", "Asks the LLM.", ask)
    assert inspect.signature(cached) == inspect.signature(ask)
    assert inspect.iscoroutinefunction(cached)
    assert blocking.__wrapped__ is ask_blocking
    assert not inspect.iscoroutinefunction(blocking)


async def test_key_and_attributes_are_made_of_the_arguments(server, cache):
    @nearhit.cached(
        cache,
        key=lambda question, *, model: f"Q: {question}",
        attributes=lambda question, *, model: {"model": model},
    )
    async def answer(question: str, *, model: str) -> str:
        return f"{model} on {question}"

    assert await answer("a", model="small") == "small on a"
    assert searched(server) == [("Q: a", {"model": "small"})]


async def test_method_is_called_on_its_object(server, cache):
    class Assistant:
        model = "large"

        @nearhit.cached(
            cache,
            key=lambda self, prompt: prompt,
            attributes=lambda self, prompt: {"model": self.model},
        )
        async def answer(self, prompt: str) -> str:
            return f"{self.model} on {prompt}"

    assert await Assistant().answer("a") == "large on a"
    assert searched(server) == [("a", {"model": "large"})]


async def test_functions_that_share_a_cache_do_not_answer_for_each_other(server, cache):
    async def translate(prompt: str) -> str:
        return prompt

    await nearhit.cached(cache)(ask)("a")
    await nearhit.cached(cache)(translate)("a")
    await nearhit.cached(cache, attributes={})(ask)("a")

    (_, first), (_, second), (_, shared) = searched(server)
    assert first["function"].endswith(".ask")
    assert second["function"].endswith(".translate")
    assert first != second
    assert shared == {}


@pytest.mark.parametrize("options", [{"on_error": "raise"}, {"timeout": 0.2}])
async def test_options_are_those_of_get_or_compute(server, cache, options):
    server.hangs("Search")
    cached = nearhit.cached(cache, **{"timeout": 0.1} | options)(ask)

    if "on_error" in options:
        with pytest.raises(nearhit.DeadlineExceededError):
            await cached("a")
    else:
        assert await cached("a") == "answer to a"


async def test_function_of_the_other_kind_is_refused(cache, blocking_cache):
    with pytest.raises(TypeError, match="ordinary function"):
        nearhit.cached(cache)(ask_blocking)
    with pytest.raises(TypeError, match="async function"):
        nearhit.cached(blocking_cache)(ask)


class AsyncAssistant:
    """An object that is called like an async function."""

    async def __call__(self, prompt: str) -> str:
        return f"answer to {prompt}"


class Assistant:
    """An object that is called like a function."""

    def __call__(self, prompt: str) -> str:
        return f"answer to {prompt}"


@pytest.mark.parametrize("single_flight", [False, True])
async def test_object_is_of_the_kind_of_its_call(server, cache, blocking_cache, single_flight):
    options = {"attributes": {}, "single_flight": single_flight}
    cached = nearhit.cached(cache, **options)(AsyncAssistant())
    blocking = nearhit.cached(blocking_cache, **options)(Assistant())

    assert await cached("a") == await asyncio.to_thread(blocking, "a") == "answer to a"
    assert await nearhit.cached(cache, **options)(partial(AsyncAssistant()))("b") == "answer to b"
    with pytest.raises(TypeError, match="async function"):
        nearhit.cached(blocking_cache, **options)(AsyncAssistant())
    with pytest.raises(TypeError, match="ordinary function"):
        nearhit.cached(cache, **options)(Assistant())


async def test_function_without_a_single_argument_needs_a_key(cache):
    async def several(prompt: str, model: str) -> str:
        return prompt

    async def any_number(*prompts: str) -> str:
        return prompts[0]

    for function in (several, any_number):
        with pytest.raises(TypeError, match="key"):
            nearhit.cached(cache)(function)


async def test_function_without_a_name_needs_attributes(server, cache):
    nameless = partial(ask)

    with pytest.raises(TypeError, match="attributes"):
        nearhit.cached(cache)(nameless)
    assert await nearhit.cached(cache, attributes={})(nameless)("a") == "answer to a"


async def test_wrong_arguments_are_refused_as_by_the_function(server, cache):
    with pytest.raises(TypeError, match="argument"):
        await nearhit.cached(cache)(ask)("a", "b")
    assert server.attempts == []


async def test_prompt_may_be_a_keyword_only_argument(server, cache):
    @nearhit.cached(cache)
    async def answer(*, question: str) -> str:
        return f"answer to {question}"

    assert await answer(question="a") == "answer to a"
    with pytest.raises(TypeError, match="positional"):
        await answer("b")
    assert [prompt for prompt, _ in searched(server)] == ["a"]


@pytest.mark.parametrize("single_flight", [False, True])
async def test_client_of_another_loop_is_an_error_and_no_miss(server, caplog, single_flight):
    server.answers("Search", HIT)
    cache = nearhit.AsyncClient(server.target)
    cached = nearhit.cached(cache, single_flight=single_flight)(ask)

    assert await asyncio.to_thread(lambda: asyncio.run(cached("a"))) == "cached"
    with pytest.raises(RuntimeError, match="another one: make a client inside"):
        await asyncio.to_thread(lambda: asyncio.run(cached("a")))
    with pytest.raises(RuntimeError, match="another one"):
        await cache.wait_until_ready()
    assert (server.attempts, caplog.records) == (["Search"], [])
