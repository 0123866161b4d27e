"""Which handler answers which verb and path."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from nearhit_server.api.rest.errors import NOT_FOUND, WRONG_VERB, HttpError
from nearhit_server.core.access.callers import Access, Caller, Grant
from nearhit_server.core.admission import Admission
from nearhit_server.core.errors import Allowance
from nearhit_server.core.observing import CallRecord

_NOBODY: Final = Caller(key_id="", scopes=frozenset(), caches=Grant(), namespaces=Grant())
"""The caller of what is open, who may do nothing else."""

_OTHER: Final = "other"
"""The name of all that has no route: what callers make up must not become names of metrics."""


@dataclass(kw_only=True)
class Call:
    """A call as its handler has it; `parameters` are the variable parts of the path."""

    request: Request
    record: CallRecord
    admission: Admission
    parameters: Mapping[str, str]
    caller: Caller = _NOBODY
    allowance: Allowance | None = None

    async def admit(self, access: Access) -> None:
        """Let the caller in. Raises PermissionDeniedError and RateLimitedError."""
        self.record.cache = access.cache
        self.allowance = await self.admission.admit(self.caller, access)


Handler = Callable[[Call], Awaitable[Response]]
"""Answers a call; what it raises becomes the answer."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """A verb and a path, such as `/v1/caches/{cache_id}`, and who answers there.

    What is `open` needs no key. What is `always` answered is so however busy the server is.
    A `probe` is all of that and leaves no trace in logs and metrics. Where GET goes, HEAD does.
    """

    verb: str
    path: str
    handler: Handler
    open: bool = False
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
        return _refusal([route for route, _ in there]), {}


def _refusal(there: Sequence[Route]) -> Route:
    verbs = sorted({route.verb for route in there})

    async def refuse(call: Call) -> NoReturn:
        if not verbs:
            raise HttpError(NOT_FOUND, "there is nothing at this path")
        allowed = ", ".join(["HEAD", *verbs] if "GET" in verbs else verbs)
        raise HttpError(WRONG_VERB, f"this path answers to {allowed}", allow=allowed)

    is_open = bool(there) and all(route.open or route.probe for route in there)
    return Route(verb="", path="", handler=refuse, open=is_open)
