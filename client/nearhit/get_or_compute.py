"""Search, and on a miss compute the response and store it, as a value and as both clients do it."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

from nearhit.calls import Call
from nearhit.errors import NearhitError
from nearhit.results import Hit, Miss, Stored

ResultT = TypeVar("ResultT")

Compute: TypeAlias = Callable[[str], Awaitable[str] | str]
"""Takes the prompt and returns the response, an LLM for instance."""

OnError: TypeAlias = Literal["miss", "raise"]
"""What a search that fails is: a miss, so that the response is computed, or an error."""

_log: Final = logging.getLogger("nearhit")
_NOT_SEARCHED: Final = "the cache could not be searched, so the response is computed"
_NOT_STORED: Final = "the computed response was not stored"


class WrongLoopError(RuntimeError):
    """The client belongs to another event loop."""


@dataclass(frozen=True)
class GetOrCompute:
    """What to search for, how to compute what is not found, and how to store it.

    `search` makes the call for a number of seconds; `store` for the prompt, the response and
    a number of seconds.
    """

    prompt: str
    compute: Compute
    search: Callable[[float], Call[Hit | Miss]]
    store: Callable[[str, str, float], Call[Stored]]
    on_error: OnError
    timeout_seconds: float | None
    """For the search and the store together. None: the client's own default."""

    def seconds(self, default: float) -> float:
        """How long the cache may take in all."""
        return default if self.timeout_seconds is None else self.timeout_seconds

    def raises(self, error: Exception) -> bool:
        """Whether a search's error is the caller's; one that is not is logged."""
        # Faults of the program, whatever state the cache is in: taken for misses they would
        # turn the cache off for good.
        if self.on_error == "raise" or isinstance(error, TypeError | WrongLoopError):
            return True
        _tell(_NOT_SEARCHED, error)
        return False

    def store_of(self, miss: Miss, response: str, seconds: float) -> Call[Stored]:
        """The call that stores the response where the next search finds it."""
        return self.store(miss.effective_prompt or self.prompt, response, seconds)


class _Run(Protocol):
    """Performs a call."""

    def __call__(self, call: Call[ResultT], /) -> ResultT: ...


class _AsyncRun(Protocol):
    """Performs a call, to be awaited."""

    async def __call__(self, call: Call[ResultT], /) -> ResultT: ...


async def get_or_compute_async(plan: GetOrCompute, run: _AsyncRun, default_seconds: float) -> str:
    """The response that the cache has, or else the computed one."""
    seconds, began = plan.seconds(default_seconds), monotonic()
    outcome = None
    try:
        outcome = await run(plan.search(seconds))
    except Exception as error:
        if plan.raises(error):
            raise
    if isinstance(outcome, Hit):
        return outcome.matches[0].entry.response
    seconds -= monotonic() - began
    computed = plan.compute(plan.prompt)
    response = await computed if inspect.isawaitable(computed) else computed
    if outcome is not None:
        try:
            await run(plan.store_of(outcome, response, seconds))
        except Exception as error:
            _tell(_NOT_STORED, error)
    return response


def get_or_compute(plan: GetOrCompute, run: _Run, default_seconds: float) -> str:
    """The response that the cache has, or else the computed one."""
    seconds, began = plan.seconds(default_seconds), monotonic()
    outcome = None
    try:
        outcome = run(plan.search(seconds))
    except Exception as error:
        if plan.raises(error):
            raise
    if isinstance(outcome, Hit):
        return outcome.matches[0].entry.response
    seconds -= monotonic() - began
    response = _finished(plan.compute(plan.prompt))
    if outcome is not None:
        try:
            run(plan.store_of(outcome, response, seconds))
        except Exception as error:
            _tell(_NOT_STORED, error)
    return response


def _finished(response: Awaitable[str] | str) -> str:
    if not inspect.isawaitable(response):
        return response
    if inspect.iscoroutine(response):
        # Or Python warns that nobody awaited it.
        response.close()
    raise TypeError("an async function needs an AsyncClient")


def _tell(what: str, error: Exception) -> None:
    # Never the prompt nor the response, and who knows what an error says that is none of ours.
    if isinstance(error, NearhitError):
        _log.warning("%s: %s", what, error)
    else:
        _log.error("%s: %s", what, type(error).__name__)
