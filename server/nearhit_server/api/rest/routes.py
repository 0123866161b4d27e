"""Which handler answers which verb and path."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from nearhit_server.api.rest.problems import (
    CACHE_NOT_FOUND,
    NOT_FOUND,
    WRONG_VERB,
    HttpError,
    Kind,
)
from nearhit_server.api.rest.schemas import Answer, Input
from nearhit_server.core.access.callers import Access, Caller, Grant, Scope
from nearhit_server.core.errors import Allowance
from nearhit_server.core.observing import CallRecord

_NOBODY: Final = Caller(key_id="", scopes=frozenset(), caches=Grant(), namespaces=Grant())
"""The caller of what is open, who may do nothing else."""

_OTHER: Final = "other"
"""The name of all that has no route: what callers make up must not become names of metrics."""


@dataclass(kw_only=True)
class Call:
    """A call as its handler has it; `parameters` are the variable parts of the path, and its time
    is up at `deadline`, of time.monotonic()."""

    request: Request
    record: CallRecord
    parameters: Mapping[str, str]
    deadline: float | None = None
    caller: Caller = _NOBODY
    allowance: Allowance | None = None


Handler = Callable[[Call, Any], Awaitable[Response]]
"""Answers a call, given what its route has made of the input; what it raises becomes the
answer."""

Needs = Callable[[Mapping[str, str]], Access]
"""What a call needs, by the variable parts of its path."""


def any_key(parameters: Mapping[str, str]) -> Access:
    """A key, whatever it allows."""
    return Access(scopes=tuple(Scope))


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What the API's description says of a route: its answers are its successes by status, with
    the model of their JSON, if they have any; its failures those that most routes do not have."""

    name: str
    tag: str
    summary: str
    answers: Mapping[int, type[Answer] | None]
    failures: Sequence[Kind] = ()
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Route:
    """A verb and a path, such as `/v1/caches/{cacheId}`, and who answers there.

    What has no `needs` is open to everybody. What has an `input` is given it from the query, of
    a GET, or else from the body. What is `always` is answered however busy the server is. A
    `probe` is all of that and leaves no trace in logs and metrics. Where GET goes, HEAD does.
    """

    verb: str
    path: str
    handler: Handler
    needs: Needs | None = any_key
    input: type[Input] | None = None
    operation: Operation | None = None
    always: bool = False
    probe: bool = False

    @property
    def name(self) -> str:
        """One of few, for logs and metrics."""
        return f"{self.verb} {self.path}" if self.path else _OTHER


class Routes:
    """Finds a route for whatever is asked."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._fixed = {(route.verb, route.path): route for route in routes}
        self._patterns: list[tuple[re.Pattern[str], Route]] = [
            (compile_path(route.path)[0], route) for route in routes
        ]

    def find(self, verb: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route, and the variable parts of the path. There is one that answers 404 where
        there is nothing, and one that answers 405 where there are other verbs."""
        verb = "GET" if verb == "HEAD" else verb
        fixed = self._fixed.get((verb, path))
        if fixed is not None:
            return fixed, {}
        there = [
            (route, match.groupdict())
            for pattern, route in self._patterns
            if (match := pattern.fullmatch(path))
        ]
        for route, parameters in there:
            if route.verb == verb:
                return route, parameters
        return _refusal(path, [route for route, _ in there]), {}


def _refusal(path: str, there: Sequence[Route]) -> Route:
    verbs = sorted({route.verb for route in there})

    async def refuse(call: Call, _: None) -> NoReturn:
        if not verbs:
            # Perhaps the id of a cache has a slash in it.
            kind = CACHE_NOT_FOUND if path.startswith("/v1/caches/") else NOT_FOUND
            raise HttpError(kind, "there is nothing at this path")
        allowed = ", ".join(["HEAD", *verbs] if "GET" in verbs else verbs)
        raise HttpError(WRONG_VERB, f"this path answers to {allowed}", allow=allowed)

    is_open = bool(there) and all(route.needs is None for route in there)
    return Route(verb="", path="", handler=refuse, needs=None if is_open else any_key)
