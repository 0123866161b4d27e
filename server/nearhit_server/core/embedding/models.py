"""The server's models by name, each loaded when it is first needed."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Self

import structlog

from nearhit_server.core.caches import CacheSpec, ModelBinding
from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.errors import FailedPreconditionError, ModelError, Reason, Violation

_log = structlog.get_logger()

OpenEmbedder = Callable[[], AbstractAsyncContextManager[Embedder]]
"""Loads a model, or raises ModelError; leaving the context lets go of it."""


class Models:
    """Gives out the embedder of a model by name. An async context manager."""

    def __init__(self, openers: Mapping[str, OpenEmbedder], *, default_name: str) -> None:
        self._openers = openers
        self.default_name = default_name
        self._loading: dict[str, asyncio.Task[Embedder]] = {}
        self._loaded = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._loading.values():
            task.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        await self._loaded.aclose()

    async def embedder(self, name: str) -> Embedder:
        """The model of this name. Raises FailedPreconditionError if there is none or it cannot
        be loaded."""
        if name not in self._openers:
            raise _unavailable(name, "this server has no such model")
        task = self._loading.get(name)
        if task is None:
            task = asyncio.create_task(self._load(name), name=f"load model {name}")
            # Seen even if every caller that waits for it goes away.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._loading[name] = task
        # Shielded: a caller that goes away must not stop the load for the others.
        return await asyncio.shield(task)

    async def check(self) -> None:
        """Return if the default model works. Raises UnavailableError or, if it cannot be loaded,
        FailedPreconditionError."""
        await (await self.embedder(self.default_name)).check()

    async def _load(self, name: str) -> Embedder:
        try:
            embedder = await self._loaded.enter_async_context(self._openers[name]())
        except ModelError as error:
            # The next call tries again: somebody may have put the files right by then.
            del self._loading[name]
            _log.error("model not loaded", model=name, error=str(error))
            raise _unavailable(name, "it cannot be loaded; the server's log says why") from error
        _log.info("model loaded", model=name, dimension=embedder.dimension)
        return embedder

    async def of_cache(self, spec: CacheSpec) -> Embedder:
        """The model of a cache. Raises FailedPreconditionError if the cache has none, or if the
        model now has other weights than those that made the cache's vectors."""
        if spec.model is None:
            raise vector_required(spec)
        embedder = await self.embedder(spec.model.name)
        if embedder.identity != spec.model.encoder_identity:
            raise FailedPreconditionError(
                f"cache {spec.cache_id!r} holds vectors of another model that was called "
                f"{spec.model.name!r}; update its model with allow_flush to start over with "
                "this one",
                reason=Reason.MODEL_MISMATCH,
            )
        return embedder


def binding(embedder: Embedder) -> ModelBinding:
    """What a cache remembers of its model."""
    return ModelBinding(embedder.name, embedder.identity)


def vector_required(spec: CacheSpec) -> FailedPreconditionError:
    """The error for a call that brings no vector to a cache without a model."""
    return FailedPreconditionError(
        f"cache {spec.cache_id!r} has no model, so the call must bring a vector",
        reason=Reason.VECTOR_REQUIRED,
        violations=[Violation("vector", "is needed in this cache")],
    )


def _unavailable(name: str, why: str) -> FailedPreconditionError:
    return FailedPreconditionError(
        f"model {name!r}: {why}",
        reason=Reason.MODEL_UNAVAILABLE,
        violations=[Violation("model", why)],
    )
