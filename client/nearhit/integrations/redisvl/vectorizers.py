"""RedisVL's vectorizers, known by their shape: `embed`, perhaps `aembed`, `dims`, `dtype`."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from nearhit.integrations.flows import LoopConnection
from nearhit.sync import Client
from nearhit.vectors import VectorLike

_BLOCKING_FALLBACK: Final = "redisvl.utils.vectorize.base"
"""Where RedisVL's `_aembed` is defined that embeds in the event loop's own thread."""


class Vectorizer:
    """Embeds prompts with somebody's vectorizer and never in an event loop's thread."""

    def __init__(self, vectorizer: Any) -> None:
        """Raises TypeError for what is no vectorizer."""
        dims = getattr(vectorizer, "dims", None)
        if not callable(getattr(vectorizer, "embed", None)) or not isinstance(dims, int):
            raise TypeError(
                "vectorizer must have a method embed and a number dims, as RedisVL's have, "
                f"unlike {type(vectorizer).__name__}"
            )
        self.dimension = dims
        self.dtype = str(getattr(vectorizer, "dtype", None)).lower()
        self._embed: Callable[[str], VectorLike] = vectorizer.embed
        self._aembed: Any = vectorizer.aembed if _awaits(vectorizer) else None
        # One thread: fast tokenizers refuse to be used by two at once.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="nearhit-vectorizer")

    def embed(self, prompt: str) -> VectorLike:
        """The prompt's vector, shape (dimension,)."""
        return self._embed(prompt)

    async def aembed(self, prompt: str) -> VectorLike:
        """The same for event loops: in a thread, unless the vectorizer awaits by itself."""
        if self._aembed is None:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._embed, prompt
            )
        vector: VectorLike = await self._aembed(prompt)
        return vector


@dataclass(frozen=True)
class ServersModel:
    """What stands where RedisVL has its default vectorizer; the server does the embedding.

    `dims` is 0 if it is not known, and `dtype` what the cache remembers.
    """

    dims: int
    dtype: str


@dataclass(frozen=True)
class Embed:
    """The step that embeds a prompt."""

    vectorizer: Vectorizer
    prompt: str

    def now(self, client: Client) -> VectorLike:
        return self.vectorizer.embed(self.prompt)

    async def later(self, connection: LoopConnection) -> VectorLike:
        return await self.vectorizer.aembed(self.prompt)


def _awaits(vectorizer: Any) -> bool:
    """Whether `aembed` leaves the loop alone while it embeds."""
    if not callable(getattr(vectorizer, "aembed", None)):
        return False
    inner = getattr(vectorizer, "_aembed", vectorizer.aembed)
    if inner.__module__ == _BLOCKING_FALLBACK:
        return False
    # RedisVL's custom vectorizer embeds in the loop's thread too where it was given no `aembed`.
    return getattr(vectorizer, "_aembed_func", inner) is not None
