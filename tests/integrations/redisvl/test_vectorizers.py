"""RedisVL's vectorizers: where they embed, and that no event loop waits for them."""

import asyncio
import threading
from typing import Any

import pytest
from pydantic import PrivateAttr
from redisvl.utils.vectorize import CustomVectorizer
from redisvl.utils.vectorize.base import BaseVectorizer

LOOP_THREAD = threading.main_thread()


class Slow(BaseVectorizer):
    """Embeds once the loop has set `_go`, and only blockingly, as those for local models do."""

    _go: threading.Event = PrivateAttr(default_factory=threading.Event)
    _threads: list[threading.Thread] = PrivateAttr(default_factory=list)

    def _embed(self, content: Any, **kwargs: Any) -> list[float]:
        self._threads.append(threading.current_thread())
        assert self._go.wait(20), "the loop stood still"
        return [1.0, 2.0]


def custom(**functions: Any) -> CustomVectorizer:
    return CustomVectorizer(embed=lambda text: [1.0, float(len(text))], **functions)


async def test_loop_goes_on_while_a_vectorizer_embeds(open_cache):
    vectorizer = Slow(model="slow", dims=2)
    cache = await open_cache(vectorizer=vectorizer)

    check = asyncio.create_task(cache.acheck("hello"))
    store = asyncio.create_task(cache.astore("hello", "hi"))
    await asyncio.sleep(0)
    vectorizer._go.set()
    await asyncio.gather(check, store)

    assert await cache.acheck("hello")
    assert LOOP_THREAD not in vectorizer._threads
    # One at a time: the tokenizers of local models cannot be shared.
    assert len(set(vectorizer._threads)) == 1


async def test_custom_vectorizer_without_async_function_embeds_in_a_thread(open_cache):
    threads = []

    def embed(text: str) -> list[float]:
        threads.append(threading.current_thread())
        return [1.0, float(len(text))]

    cache = await open_cache(vectorizer=CustomVectorizer(embed=embed))
    threads.clear()  # It tried the function when it was made.
    await cache.astore("hello", "hi")

    assert threads
    assert LOOP_THREAD not in threads


async def test_vectorizer_that_awaits_is_awaited(open_cache):
    threads = []

    async def aembed(text: str) -> list[float]:
        threads.append(threading.current_thread())
        await asyncio.sleep(0)
        return [1.0, float(len(text))]

    cache = await open_cache(vectorizer=custom(aembed=aembed))
    await cache.astore("hello", "hi")
    await cache.acheck("hello")

    assert threads == [threading.current_thread()] * 2


async def test_anything_of_that_shape_is_a_vectorizer(open_cache, call):
    class Shaped:
        dims = 2

        def embed(self, content: str) -> list[float]:
            return [1.0, float(len(content))]

    cache = await open_cache(vectorizer=Shaped())
    await call(cache, "store", "hello", "hi")

    assert await call(cache, "check", "hullo")


async def test_vectorizers_error_reaches_the_caller(open_cache, call):
    def embed(text: str) -> list[float]:
        if text == "bad":
            raise LookupError("no vector for this")
        return [1.0]

    class Failing:
        dims = 1

    Failing.embed = staticmethod(embed)
    cache = await open_cache(vectorizer=Failing())

    with pytest.raises(LookupError, match="no vector"):
        await call(cache, "check", "bad")


async def test_exact_match_does_not_stand_in_for_the_callers_vectors(open_cache, call):
    # To this vectorizer the case of a letter matters, as it does not in exact search.
    class Cased:
        dims = 2

        def embed(self, content: str) -> list[float]:
            return [1.0, 0.0] if content[0].isupper() else [0.0, 1.0]

    cache = await open_cache(vectorizer=Cased())
    await call(cache, "store", "Polish", "people")

    assert await call(cache, "check", "polish") == []
