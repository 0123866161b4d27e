"""The cache that also answers a prompt when one that means the same was asked before."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import grpc
from langchain_core.embeddings import Embeddings

from nearhit.calls import Timeout
from nearhit.choices import Strategy
from nearhit.errors import DeadlineExceededError, UnavailableError
from nearhit.integrations.flows import Flow
from nearhit.integrations.langchain.base import NearhitBaseCache, OnError
from nearhit.integrations.langchain.exact import NearhitCache
from nearhit.integrations.langchain.prompts import (
    MAX_PROMPT_CHARACTERS,
    Question,
    digest,
    question_in,
)
from nearhit.integrations.langchain.steps import Elsewhere, Embed
from nearhit.results import Cache, Hit, Miss

_EMBEDDED_CHARACTERS: Final = 1_000
"""How much of a text common embedding models read, which are silent about the rest."""


class NearhitSemanticCache(NearhitBaseCache):
    """A cache of LangChain's for prompts that mean the same, on a nearhit server.

    In place of RedisSemanticCache: `set_llm_cache(NearhitSemanticCache(...))`. Of a chat the
    text of the last message is compared by meaning; everything before it, and the model with
    its options, has to be the same. A chat that ends in anything else than a human's text, and
    a prompt that is too long, is answered only when it is asked again as it was; these answers
    are in a second nearhit cache, `<cache>-exact`.
    """

    mark = "semantic"

    def __init__(
        self,
        target: str = "localhost:50051",
        *,
        cache: str = "langchain-semantic",
        embeddings: Embeddings | None = None,
        similarity_threshold: float | None = None,
        distance_threshold: float | None = None,
        score_threshold: float | None = None,
        max_characters: int | None = None,
        api_key: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: Timeout = None,
        ttl: float | timedelta | None = None,
        create: bool = True,
        on_error: OnError = "raise",
    ) -> None:
        """Prepares the cache; nothing is sent yet. What is not named here is as in NearhitCache.

        Args:
            embeddings: computes the vectors. None: the server does.
            similarity_threshold: the least cosine similarity that counts, -1 to 1. None: the
                nearhit cache's.
            distance_threshold: the same as 1 - similarity, 0 to 2, as RedisSemanticCache of
                langchain-redis has it.
            score_threshold: another name for `distance_threshold`, of langchain-community.
            max_characters: longer texts are not compared by meaning. None: 1,000 with
                `embeddings`, because most models pass over the end of a longer one, so that
                it would answer for any that begins alike; 8,192 without, because nearhit's
                do not.
            timeout: for each call, and for each embedding of an async method, seconds or a
                timedelta; 5 s if None. Nothing bounds embeddings that block, so give them a
                timeout of their own.

        Raises ValueError for a threshold that no similarity has, or more than one. A lookup
        or an update raises ValueError if the nearhit cache does not search by similarity, or
        has a model although there are `embeddings`, or none although there are none.
        """
        super().__init__(
            target,
            cache=cache,
            api_key=api_key,
            credentials=credentials,
            timeout=timeout,
            ttl=ttl,
            create=create,
            on_error=on_error,
        )
        self._threshold = _similarity(similarity_threshold, distance_threshold, score_threshold)
        self._embeddings = embeddings
        if max_characters is None:
            max_characters = MAX_PROMPT_CHARACTERS if embeddings is None else _EMBEDDED_CHARACTERS
        self._max_characters = max_characters
        self._exact = NearhitCache(
            target,
            cache=f"{cache}-exact",
            api_key=api_key,
            credentials=credentials,
            timeout=timeout,
            ttl=ttl,
            create=create,
        )

    def close(self) -> None:
        super().close()
        self._exact.close()

    async def aclose(self) -> None:
        await super().aclose()
        await self._exact.aclose()

    def _found(self, prompt: str, llm_string: str) -> Flow[str | None]:
        question = question_in(prompt, max_characters=self._max_characters)
        if question is None:
            same: str | None = yield self._in_exact(self._exact._found(prompt, llm_string))
            return same
        if self._embeddings is None:
            return (yield from self._searched(question, llm_string))
        # A prompt that is asked again costs no embedding.
        same = yield from self._searched(question, llm_string, strategies=[Strategy.EXACT])
        if same is not None:
            return same
        vector = yield from self._embedded(self._embeddings, question.text)
        return (
            yield from self._searched(
                question, llm_string, strategies=[Strategy.SEMANTIC], vector=vector
            )
        )

    def _searched(self, question: Question, llm_string: str, **options: Any) -> Flow[str | None]:
        attributes = self._attributes_of(question, llm_string)
        outcome: Hit | Miss = yield from self._asked(
            lambda client: client.search(
                question.text,
                attributes=attributes,
                similarity_threshold=self._threshold,
                **options,
            )
        )
        return outcome.matches[0].entry.response if isinstance(outcome, Hit) else None

    def _kept(self, prompt: str, llm_string: str, response: str) -> Flow[None]:
        question = question_in(prompt, max_characters=self._max_characters)
        if question is None:
            yield self._in_exact(self._exact._kept(prompt, llm_string, response))
            return
        vector = None
        if self._embeddings is not None:
            vector = yield from self._embedded(self._embeddings, question.text)
        attributes = self._attributes_of(question, llm_string)
        yield from self._asked(
            lambda client: client.store(
                question.text, response, vector=vector, attributes=attributes, ttl=self._ttl
            )
        )

    def _clear(self, llm_string: str | None) -> Flow[None]:
        yield from super()._clear(llm_string)
        yield self._in_exact(self._exact._clear(llm_string))

    def _settings(self) -> Flow[Mapping[str, Any]]:
        settings: dict[str, Any] = {"strategies": [Strategy.EXACT, Strategy.SEMANTIC]}
        if self._embeddings is not None:
            # They do not tell it, so some text has to.
            probe = yield from self._embedded(self._embeddings, "dimension")
            settings["dimension"] = len(probe)
        return settings

    def _check(self, cache: Cache) -> None:
        if Strategy.SEMANTIC not in cache.strategies:
            raise ValueError(
                f"the nearhit cache {cache.cache_id!r} does not search by similarity: name "
                "another one, or change its strategies"
            )
        if bool(cache.model) == (self._embeddings is not None):
            has = f"the model {cache.model!r}" if cache.model else "no model"
            raise ValueError(
                f"the nearhit cache {cache.cache_id!r} has {has}: vectors come either from it or "
                "from embeddings, and those of one say nothing to the other"
            )

    def _attributes_of(self, question: Question, llm_string: str) -> dict[str, str]:
        # Another model's vectors of the same length would be neighbours by mere chance.
        context = digest(question.rest, _name_of(self._embeddings))
        return {**self._attributes(llm_string), "context": context}

    def _in_exact(self, flow: Flow[Any]) -> Elsewhere:
        return Elsewhere(self._exact._connections, flow)

    def _embedded(self, embeddings: Embeddings, text: str) -> Flow[list[float]]:
        try:
            vector: list[float] = yield Embed(embeddings, text, self._timeout_seconds)
        except TimeoutError as error:
            raise DeadlineExceededError("the embeddings did not come in time") from error
        except Exception as error:
            # Never its message, which may show the text or a key.
            raise UnavailableError(f"the embeddings failed: {type(error).__name__}") from error
        return vector


def _name_of(embeddings: Embeddings | None) -> list[str] | None:
    """What tells embeddings from others, as far as they say."""
    if embeddings is None:
        return None
    said = (getattr(embeddings, name, None) for name in ("model", "model_name"))
    return [type(embeddings).__qualname__, *(name for name in said if isinstance(name, str))]


def _similarity(
    similarity: float | None, distance: float | None, score: float | None
) -> float | None:
    """The similarity threshold, None if none is given."""
    if sum(threshold is not None for threshold in (similarity, distance, score)) > 1:
        raise ValueError("give one of similarity_threshold, distance_threshold, score_threshold")
    if score is not None:
        distance = score
    if distance is not None:
        if not 0 <= distance <= 2:
            raise ValueError("a distance is between 0 and 2")
        # To the digits that servers compare: 1 - 0.9 is 0.09999999999999998.
        similarity = round(1 - distance, 6)
    if similarity is not None and not -1 <= similarity <= 1:
        raise ValueError("a similarity is between -1 and 1")
    return similarity
