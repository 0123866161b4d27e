"""What both caches have in common: where answers live, how long, and what a failure does."""

import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from numbers import Real
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias

import grpc
from langchain_core.caches import BaseCache
from langchain_core.outputs import Generation

from nearhit.calls import DEFAULT_TIMEOUT_SECONDS, Timeout, timeout_seconds
from nearhit.errors import (
    AlreadyExistsError,
    DeadlineExceededError,
    InvalidArgumentError,
    NearhitError,
    NotFoundError,
    UnavailableError,
)
from nearhit.integrations.connections import Connections
from nearhit.integrations.flows import Ask, Flow, ResultT
from nearhit.integrations.langchain import generations
from nearhit.integrations.langchain.prompts import digest
from nearhit.integrations.langchain.unanswered import Unanswered
from nearhit.results import Cache
from nearhit.transport import MAX_MESSAGE_BYTES

OnError: TypeAlias = Literal["raise", "miss"]

_log = logging.getLogger(__name__)

_NOT_KEPT: Final = "an answer was not cached: %s"
_PASSED_OVER: Final = "a cached answer was passed over: %s"
_FAILING: Final = "the cache fails, so its application goes without: %s"

_ROOM_FOR_THE_REST: Final = 1024 * 1024
"""What a message holds beside the answer, at most."""


class NearhitBaseCache(BaseCache):
    """Keeps answers in a nearhit cache, under the hash of `llm_string` and a mark of its own.

    Threads and event loops may share it.
    """

    mark: str
    """Tells this kind of entries from others in the same nearhit cache."""

    def __init__(
        self,
        target: str,
        *,
        cache: str,
        api_key: str | None,
        credentials: grpc.ChannelCredentials | None,
        timeout: Timeout,
        ttl: float | timedelta | None,
        create: bool,
        on_error: OnError,
    ) -> None:
        if on_error not in ("raise", "miss"):
            raise ValueError(f'on_error must be "raise" or "miss", not {on_error!r}')
        self._cache = cache
        self._ttl = _time_to_live(ttl)
        self._create = create
        self._on_error = on_error
        seconds = timeout_seconds(timeout)
        self._timeout_seconds = DEFAULT_TIMEOUT_SECONDS if seconds is None else seconds
        self._connections = Connections(
            target,
            cache=cache,
            api_key=api_key,
            timeout_seconds=self._timeout_seconds,
            credentials=credentials,
        )
        self._provided = False
        self._unanswered = Unanswered()
        self._warned: set[str] = set()

    def lookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """The answer to the prompt by the model that `llm_string` describes, None on a miss."""
        return self._connections.run(self._lookup(prompt, llm_string))

    async def alookup(self, prompt: str, llm_string: str) -> list[Generation] | None:
        """As `lookup`."""
        return await self._connections.run_async(self._lookup(prompt, llm_string))

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keeps an answer. One that is too large or no JSON is not kept, which is logged.

        With `on_error="miss"` none is kept either whose lookup waited for the server in vain.
        """
        self._connections.run(self._update(prompt, llm_string, return_val))

    async def aupdate(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """As `update`."""
        await self._connections.run_async(self._update(prompt, llm_string, return_val))

    def clear(self, *, llm_string: str | None = None, **kwargs: Any) -> None:
        """Removes the answers, of one model if `llm_string` is given, and nobody else's entries.

        Raises NearhitError whatever `on_error` says: what should be gone may still be there.
        """
        self._connections.run(self._clear(llm_string))

    async def aclear(self, *, llm_string: str | None = None, **kwargs: Any) -> None:
        """As `clear`."""
        await self._connections.run_async(self._clear(llm_string))

    def close(self) -> None:
        """Closes the connections; a later call opens new ones. Use `aclose` where a loop runs."""
        self._connections.close()

    async def aclose(self) -> None:
        """As `close`, the connection of the running loop included."""
        await self._connections.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    @abstractmethod
    def _found(self, prompt: str, llm_string: str) -> Flow[str | None]:
        """The kept response, None if there is none."""

    @abstractmethod
    def _kept(self, prompt: str, llm_string: str, response: str) -> Flow[None]:
        """Keeps a response."""

    @abstractmethod
    def _settings(self) -> Flow[Mapping[str, Any]]:
        """The settings to make the nearhit cache with."""

    @abstractmethod
    def _check(self, cache: Cache) -> None:
        """Raises ValueError for a nearhit cache that cannot serve."""

    def _attributes(self, llm_string: str) -> dict[str, str]:
        return {"langchain": self.mark, "llm_string": digest(llm_string)}

    def _lookup(self, prompt: str, llm_string: str) -> Flow[list[Generation] | None]:
        response = yield from self._tolerant(self._found_if_answered(prompt, llm_string))
        if response is None:
            return None
        try:
            return generations.from_json(response)
        except ValueError as error:
            # The answer that follows takes its place.
            self._warn_once(_PASSED_OVER, error)
            return None

    def _found_if_answered(self, prompt: str, llm_string: str) -> Flow[str | None]:
        asked = digest(prompt, llm_string)
        # The model may have failed too the last time, so that no update came.
        self._unanswered.take(asked)
        try:
            return (yield from self._found(prompt, llm_string))
        except (DeadlineExceededError, UnavailableError):
            # Where it is raised the model is not asked, and nothing follows.
            if self._on_error == "miss":
                self._unanswered.add(asked)
            raise

    def _update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> Flow[None]:
        if self._unanswered.take(digest(prompt, llm_string)):
            return
        try:
            response = generations.to_json(return_val)
        except ValueError as error:
            self._warn_once(_NOT_KEPT, error)
            return
        if len(response.encode()) > MAX_MESSAGE_BYTES - _ROOM_FOR_THE_REST:
            self._warn_once(_NOT_KEPT, "it fits no message")
            return
        yield from self._tolerant(self._kept_if_it_fits(prompt, llm_string, response))

    def _kept_if_it_fits(self, prompt: str, llm_string: str, response: str) -> Flow[None]:
        try:
            yield from self._kept(prompt, llm_string, response)
        except InvalidArgumentError as error:
            if not any(violation.field == "response" for violation in error.field_violations):
                raise
            self._warn_once(_NOT_KEPT, error)

    def _clear(self, llm_string: str | None) -> Flow[None]:
        attributes = {"langchain": self.mark}
        if llm_string is not None:
            attributes = self._attributes(llm_string)
        try:
            yield Ask(lambda client: client.delete(attributes=attributes))
        except NotFoundError:
            # No cache, no entries.
            return

    def _asked(self, call: Callable[[Any], Any]) -> Flow[Any]:
        """What `call` of a client gives, in a nearhit cache that is there and can serve."""
        if not self._provided:
            yield from self._provide()
        try:
            return (yield Ask(call))
        except NotFoundError:
            # Somebody has removed it since.
            yield from self._provide()
            return (yield Ask(call))

    def _provide(self) -> Flow[None]:
        """Sees to it that there is such a nearhit cache. Raises ValueError if it cannot serve."""
        # Administration has half a minute by default, which no prompt should wait for a cache.
        seconds = self._timeout_seconds
        there = Ask(lambda client: client.get_cache(timeout=seconds))
        try:
            cache: Cache = yield there
        except NotFoundError:
            if not self._create:
                raise
            settings = yield from self._settings()
            try:
                cache = yield Ask(
                    lambda client: client.create_cache(self._cache, **settings, timeout=seconds)
                )
            except AlreadyExistsError:
                # Somebody else was faster.
                cache = yield there
        self._check(cache)
        self._provided = True

    def _tolerant(self, flow: Flow[ResultT | None]) -> Flow[ResultT | None]:
        """The flow, but with `on_error="miss"` it comes to nothing rather than fail."""
        try:
            result = yield from flow
        except NearhitError as error:
            if self._on_error == "raise":
                raise
            self._warn_once(_FAILING, error)
            return None
        # The next outage is worth a line again.
        self._warned.discard(_FAILING)
        return result

    def _warn_once(self, message: str, error: object) -> None:
        if message not in self._warned:
            self._warned.add(message)
            _log.warning(message, error)


def _time_to_live(ttl: float | timedelta | None) -> timedelta | None:
    """Raises TypeError for what is no length of time, ValueError for none at all."""
    if ttl is None:
        return None
    if not isinstance(ttl, timedelta):
        if isinstance(ttl, bool) or not isinstance(ttl, Real):
            raise TypeError(f"ttl must be seconds or a timedelta, not {type(ttl).__name__}")
        ttl = timedelta(seconds=float(ttl))
    if ttl <= timedelta():
        raise ValueError("ttl must be more than 0")
    return ttl
