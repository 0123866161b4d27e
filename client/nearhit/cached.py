"""A decorator that gives a function a cache."""

import inspect
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from datetime import timedelta
from functools import partial, wraps
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast, overload

from nearhit.calls import Timeout
from nearhit.choices import Strategy
from nearhit.client import AsyncClient
from nearhit.get_or_compute import OnError
from nearhit.single_flight import AsyncSingleFlight, SingleFlight
from nearhit.sync import Client

FunctionT = TypeVar("FunctionT", bound=Callable[..., str])
AsyncFunctionT = TypeVar("AsyncFunctionT", bound=Callable[..., Coroutine[Any, Any, str]])

Key: TypeAlias = Callable[..., str]
"""Makes the prompt of a call's arguments."""

Attributes: TypeAlias = Mapping[str, str] | Callable[..., Mapping[str, str]]
"""The attributes of all calls, or what makes them of a call's arguments."""


@overload
def cached(
    client: AsyncClient,
    *,
    key: Key | None = ...,
    attributes: Attributes | None = ...,
    strategies: Sequence[Strategy] | None = ...,
    similarity_threshold: float | None = ...,
    metadata: Mapping[str, Any] | None = ...,
    ttl: timedelta | None = ...,
    on_error: OnError = ...,
    single_flight: bool = ...,
    timeout: Timeout = ...,
) -> Callable[[AsyncFunctionT], AsyncFunctionT]: ...


@overload
def cached(
    client: Client,
    *,
    key: Key | None = ...,
    attributes: Attributes | None = ...,
    strategies: Sequence[Strategy] | None = ...,
    similarity_threshold: float | None = ...,
    metadata: Mapping[str, Any] | None = ...,
    ttl: timedelta | None = ...,
    on_error: OnError = ...,
    single_flight: bool = ...,
    timeout: Timeout = ...,
) -> Callable[[FunctionT], FunctionT]: ...


def cached(
    client: AsyncClient | Client,
    *,
    key: Key | None = None,
    attributes: Attributes | None = None,
    strategies: Sequence[Strategy] | None = None,
    similarity_threshold: float | None = None,
    metadata: Mapping[str, Any] | None = None,
    ttl: timedelta | None = None,
    on_error: OnError = "miss",
    single_flight: bool = False,
    timeout: Timeout = None,
) -> Callable[[Any], Any]:
    """Makes a function answer from the cache what it has answered before.

    Async functions take an AsyncClient, others a Client. The decorated function looks and is
    called like the function itself, which is its `__wrapped__`.

    Args:
        client: the client of the cache.
        key: makes the prompt, and gets the arguments of the call, `self` of a method among
            them. None: the prompt is the function's only argument.
        attributes: what a call's answer depends on beside the prompt, the model's name for
            instance: a mapping, or a function of the call's arguments. Nothing else keeps
            calls apart. None: {"function": the function's module and name}, so that
            functions which share a cache do not answer for each other.
        single_flight: let calls with the same prompt and attributes that come while one of
            them is under way wait for it, and share what it returns or raises. It holds
            within this process, and with an AsyncClient within an event loop.
        strategies, similarity_threshold, metadata, ttl, on_error, timeout: as for
            `get_or_compute`, which does the work.

    Raises TypeError for a function that `client` is not made for, and for one with several
    arguments and no `key`.
    """

    options: dict[str, Any] = {
        "strategies": strategies,
        "similarity_threshold": similarity_threshold,
        "metadata": metadata,
        "ttl": ttl,
        "on_error": on_error,
        "timeout": timeout,
    }

    def decorate(function: Any) -> Any:
        _check(function, client)
        asked_of = _asked_of(key or _only_argument(function), _attributes_of(function, attributes))
        if isinstance(client, AsyncClient):
            return _async(function, client, asked_of, options, single_flight=single_flight)
        return _blocking(function, client, asked_of, options, single_flight=single_flight)

    return decorate


class _Asked(NamedTuple):
    """What the answer to a call depends on."""

    prompt: str
    attributes: Mapping[str, str]

    @property
    def identity(self) -> Hashable:
        """The same for calls that ask the same."""
        return self.prompt, frozenset(self.attributes.items())


_AskedOf: TypeAlias = Callable[..., _Asked]


def _async(
    function: Any,
    client: AsyncClient,
    asked_of: _AskedOf,
    options: Mapping[str, Any],
    *,
    single_flight: bool,
) -> Any:
    flights = AsyncSingleFlight() if single_flight else None

    @wraps(function)
    async def cached_function(*args: Any, **kwargs: Any) -> str:
        asked = asked_of(*args, **kwargs)

        def get() -> Coroutine[Any, Any, str]:
            return client.get_or_compute(
                asked.prompt,
                lambda _: function(*args, **kwargs),
                attributes=asked.attributes,
                **options,
            )

        return await (get() if flights is None else flights.get(asked.identity, get))

    return cached_function


def _blocking(
    function: Any,
    client: Client,
    asked_of: _AskedOf,
    options: Mapping[str, Any],
    *,
    single_flight: bool,
) -> Any:
    flights = SingleFlight() if single_flight else None

    @wraps(function)
    def cached_function(*args: Any, **kwargs: Any) -> str:
        asked = asked_of(*args, **kwargs)

        def get() -> str:
            return client.get_or_compute(
                asked.prompt,
                lambda _: function(*args, **kwargs),
                attributes=asked.attributes,
                **options,
            )

        return get() if flights is None else flights.get(asked.identity, get)

    return cached_function


def _asked_of(key: Key, attributes_of: Callable[..., Mapping[str, str]]) -> _AskedOf:
    def asked_of(*args: Any, **kwargs: Any) -> _Asked:
        return _Asked(key(*args, **kwargs), attributes_of(*args, **kwargs))

    return asked_of


def _check(function: Any, client: AsyncClient | Client) -> None:
    if _is_async(function) != isinstance(client, AsyncClient):
        kind = type(client).__name__
        other = "an ordinary function" if kind == "AsyncClient" else "an async function"
        raise TypeError(f"{function!r} is {other}, and the client is {kind}")


def _is_async(function: Any) -> bool:
    while isinstance(function, partial):
        function = function.func
    # What a call runs of an object that is none; found on its type, as Python does.
    called = type(function).__call__
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def _only_argument(function: Callable[..., Any]) -> Key:
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if len(parameters) != 1 or parameters[0].kind in variadic:
        raise TypeError(
            f"{function!r} does not take one argument; give `key`, which makes the prompt"
        )
    (parameter,) = parameters
    positional = parameter.kind is not inspect.Parameter.KEYWORD_ONLY

    def prompt_of(*args: Any, **kwargs: Any) -> str:
        if positional and len(args) == 1 and not kwargs:
            # Binding takes longer than all the rest of this module.
            return cast(str, args[0])
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        return cast(str, given.arguments[parameter.name])

    return prompt_of


def _attributes_of(
    function: Any, attributes: Attributes | None
) -> Callable[..., Mapping[str, str]]:
    if callable(attributes):
        return attributes
    if attributes is None:
        if not hasattr(function, "__qualname__"):
            raise TypeError(f"{function!r} has no name of its own; give `attributes`")
        attributes = {"function": f"{function.__module__}.{function.__qualname__}"}
    same = dict(attributes)
    return lambda *_, **__: same
