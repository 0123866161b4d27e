"""The model that reads two prompts at once, behind its own batching stage."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

import structlog

from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.errors import ModelError, NearhitError
from nearhit_server.core.ports import Encoder, TokenizedText

_log = structlog.get_logger()

_SECONDS_TO_ANSWER: Final = 0.005
"""What is left of a call's time when its verdict has to be there."""


class PairReader(Encoder, Protocol):
    """An Encoder of pairs: its vectors have one component, the logit of their being equivalent."""

    def tokenize_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[TokenizedText]:
        """The pairs as token ids, in order."""


@dataclass(frozen=True)
class LoadedVerifier:
    """A model and the stage in front of it."""

    reader: PairReader
    stage: BatchingStage


OpenVerifier = Callable[[], AbstractAsyncContextManager[LoadedVerifier]]
"""Loads the model, or raises ModelError; leaving the context lets go of it."""


class VerifierUnavailableError(Exception):
    """No verdict was to be had; the message says why, for people."""


class Verifier:
    """Judges pairs of prompts. Loaded when it is first needed. An async context manager."""

    def __init__(self, open_verifier: OpenVerifier) -> None:
        self._open = open_verifier
        self._loading: asyncio.Task[LoadedVerifier] | None = None
        self._loaded = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        await self._loaded.aclose()

    async def load(self) -> LoadedVerifier:
        """The model. Raises ModelError if it cannot be loaded; the next call tries again."""
        if self._loading is None or _has_failed(self._loading):
            self._loading = asyncio.create_task(self._load(), name="load verifier")
            # Seen even if every caller that waits for it goes away.
            self._loading.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Shielded: a caller that goes away must not stop the load for the others.
        return await asyncio.shield(self._loading)

    async def _load(self) -> LoadedVerifier:
        try:
            loaded = await self._loaded.enter_async_context(self._open())
        except ModelError as error:
            _log.error("verifier not loaded", error=str(error))
            raise
        return loaded

    async def tokenize(
        self, pairs: Sequence[tuple[str, str]], *, deadline: float | None
    ) -> list[TokenizedText]:
        """The pairs as the model reads them. Raises VerifierUnavailableError."""
        async with _until(deadline):
            return (await self.load()).reader.tokenize_pairs(pairs)

    async def logits(
        self, pairs: Sequence[TokenizedText], *, deadline: float | None
    ) -> list[float]:
        """For each pair, as `tokenize` gave it, the logit of its being equivalent.

        Raises VerifierUnavailableError if that takes longer than until `deadline`, of
        time.monotonic(), or if the model is overloaded or fails.
        """
        async with _until(deadline):
            outcomes = await (await self.load()).stage.encode(pairs)
            for outcome in outcomes:
                if isinstance(outcome, NearhitError):
                    raise outcome
        return [float(vector[0]) for vector in outcomes if not isinstance(vector, NearhitError)]


@asynccontextmanager
async def _until(deadline: float | None) -> AsyncIterator[None]:
    left = None if deadline is None else deadline - time.monotonic() - _SECONDS_TO_ANSWER
    try:
        if left is not None and left <= 0:
            raise TimeoutError
        async with asyncio.timeout(left):
            yield
    except TimeoutError as error:
        raise VerifierUnavailableError("the deadline was too short to verify it") from error
    except NearhitError as error:
        raise VerifierUnavailableError(f"the verifier gave no verdict: {error.message}") from error
    except ModelError as error:
        raise VerifierUnavailableError("the verifier cannot be loaded") from error


def _has_failed(task: asyncio.Task[LoadedVerifier]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
