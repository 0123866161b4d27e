"""RedisVL's SemanticCache, as an application has it: in its own process, with the model.

    python -m benchmarks.redisvl_worker REDIS_URL NAME [PROMPTS]

Prints a line once it is ready. Then each line of its input is an order, and each line of its output
what came of it.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from redisvl.extensions.cache.llm import SemanticCache
from redisvl.utils.vectorize import HFTextVectorizer

from benchmarks.closed_loop import LoopResult, loop_of
from benchmarks.prompts import distinct_prompts
from benchmarks.sample_data import RESPONSE
from nearhit_server.encoders.model_files import DEFAULT_MODEL, locate

_DISTANCE_THRESHOLD = 0.1
"""RedisVL's default, and the same as nearhit's: a cosine similarity of 0.9."""


class _Prompts:
    """Prompts for many threads."""

    def __init__(self, prompts: Iterator[str]) -> None:
        self._prompts = prompts
        self._lock = Lock()

    def next(self) -> str:
        with self._lock:
            return next(self._prompts)


class Worker:
    """A cache, and the ways to search it. `runner` is the one event loop of its async client."""

    def __init__(
        self,
        cache: SemanticCache,
        vectorizer: HFTextVectorizer,
        prompts: Iterator[str],
        runner: asyncio.Runner,
    ) -> None:
        self._cache = cache
        self._vectorizer = vectorizer
        self._prompts = _Prompts(prompts)
        self._runner = runner

    def do(self, order: dict[str, Any]) -> LoopResult:
        """Carry out an order."""
        match order:
            case {"fill": count}:
                return self._fill(count)
            case {"threads": callers, "seconds": seconds}:
                return self._search_in_threads(callers, seconds)
            case {"tasks": callers, "seconds": seconds}:
                return self._runner.run(self._search_in_tasks(callers, seconds))
        raise ValueError(f"no such order: {order}")

    def _fill(self, count: int) -> LoopResult:
        prompts = [self._prompts.next() for _ in range(count)]
        vectors = self._vectorizer.embed_many(prompts, batch_size=32)
        for prompt, vector in zip(prompts, vectors, strict=True):
            self._cache.store(prompt, RESPONSE, vector=vector)
        if not self._cache.check(prompts[0]):
            raise RuntimeError("what was stored is not found")
        return LoopResult()

    def _search_in_threads(self, callers: int, seconds: float) -> LoopResult:
        began = time.perf_counter()

        def caller(_: int) -> LoopResult:
            result = LoopResult()
            while (started := time.perf_counter()) - began < seconds:
                try:
                    self._cache.check(self._prompts.next())
                    status = "OK"
                except Exception as error:
                    status = type(error).__name__
                result.add(status, (time.perf_counter() - started) * 1_000)
            return result

        if callers == 1:
            # torch is a third faster in the main thread than in any other.
            results = [caller(0)]
        else:
            with ThreadPoolExecutor(callers) as threads:
                results = list(threads.map(caller, range(callers)))
        return LoopResult.sum_of(results, seconds=time.perf_counter() - began)

    async def _search_in_tasks(self, callers: int, seconds: float) -> LoopResult:
        async def call(_: int) -> str:
            try:
                await self._cache.acheck(self._prompts.next())
            except Exception as error:
                return type(error).__name__
            return "OK"

        return await loop_of([call] * callers, seconds=seconds)


def main() -> None:
    """Obey until the input ends."""
    # It warns at each acheck that the vectorizer blocks the event loop.
    logging.getLogger("redisvl").setLevel(logging.ERROR)
    url, name, *files = sys.argv[1:]
    prompts = distinct_prompts(Path(files[0]) if files else None)
    vectorizer = HFTextVectorizer(model=str(locate(DEFAULT_MODEL)))
    cache = SemanticCache(
        name=name,
        redis_url=url,
        vectorizer=vectorizer,
        distance_threshold=_DISTANCE_THRESHOLD,
        overwrite=True,
    )
    print("ready", flush=True)
    with asyncio.Runner() as runner:
        worker = Worker(cache, vectorizer, prompts, runner)
        try:
            for line in sys.stdin:
                print(json.dumps(vars(worker.do(json.loads(line)))), flush=True)
        finally:
            cache.delete()
            runner.run(cache.adisconnect())


if __name__ == "__main__":
    main()
