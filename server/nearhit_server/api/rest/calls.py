"""Around every call: who it is from, whether there is room, and every way it can end."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nearhit_server.api.request_ids import request_id
from nearhit_server.api.rest.errors import allowance_headers, suited_to, to_problem
from nearhit_server.api.rest.exchange import Exchange
from nearhit_server.api.rest.inputs import read_json, read_query
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.problems import UNAVAILABLE, HttpError, Problem
from nearhit_server.api.rest.routes import Call, Route, Routes
from nearhit_server.api.rest.schemas import Input
from nearhit_server.core.access.callers import Access
from nearhit_server.core.admission import Admission
from nearhit_server.core.errors import DeadlineExceededError, InternalError, NearhitError
from nearhit_server.core.health import Health
from nearhit_server.core.observing import CallRecord, Observer

_log = structlog.get_logger()

_CUT_OFF: Final = Problem(kind=UNAVAILABLE, detail="the server is shutting down")

_CLIENT_GONE: Final = "499"
"""A status that nobody is sent: nginx's, for a client that did not wait."""


class Calls:
    """The ASGI application: takes a call to its route and an answer back."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        admission: Admission,
        observer: Observer,
        health: Health,
        limits: HttpLimits,
    ) -> None:
        self._routes = Routes(routes)
        self._admission = admission
        self._observer = observer
        self._health = health
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call; every call ends in a response."""
        route, parameters = self._routes.find(scope["method"], scope["path"])
        exchange = Exchange(scope, receive, send, self._limits)
        request = Request(scope, exchange.receive)
        record = CallRecord(
            protocol="http",
            method=route.name,
            request_id=request_id(request.headers.get("x-request-id")),
            traceparent=request.headers.get("traceparent", ""),
        )
        call = Call(request=request, record=record, parameters=parameters)
        if route.probe:
            await _send(await route.handler(call, None), scope, exchange)
            return
        with self._observer.call(record):
            response = await self._response(route, call, exchange)
            await _send(response, scope, exchange)

    async def _response(self, route: Route, call: Call, exchange: Exchange) -> Response:
        record = call.record
        try:
            response = await self._outcome(route, call, exchange)
            record.status = str(response.status_code)
        except asyncio.CancelledError:
            # Swallowed, because the task ends here: it was cancelled by the port, since either
            # the client has gone, who is not told, or the server goes and its patience ended.
            response = _CUT_OFF.response()
            gone = not self._health.draining
            record.status = _CLIENT_GONE if gone else str(response.status_code)
        response.headers["x-request-id"] = record.request_id
        if call.allowance is not None:
            response.headers.update(dict(allowance_headers(call.allowance, now=time.time())))
        return response

    async def _outcome(self, route: Route, call: Call, exchange: Exchange) -> Response:
        try:
            return await self._answer(route, call, exchange)
        except HttpError as error:
            call.record.reason = error.problem.kind.code
            problem = error.problem
        except NearhitError as error:
            call.record.reason = error.reason
            problem = to_problem(error, now=time.time())
        except Exception:
            _log.exception("internal error", request_id=call.record.request_id)
            failure = InternalError(call.record.request_id)
            call.record.reason = failure.reason
            problem = to_problem(failure, now=time.time())
        return suited_to(problem, call.request.headers.get("user-agent", "")).response()

    async def _answer(self, route: Route, call: Call, exchange: Exchange) -> Response:
        seconds = self._admission.seconds(None)
        call.deadline = time.monotonic() + seconds
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                if route.needs is not None:
                    await self._identify(call)
                    await self._admit(call, route.needs(call.parameters), counted=not route.always)
                exchange.check_announced()
                if route.always:
                    return await route.handler(call, None)
                with self._admission.holding(exchange.body_bytes):
                    body = await call.request.body()
                    # Behind the reading: who never sends a body takes nobody's place.
                    with self._admission.slot():
                        return await route.handler(call, _input(route, call.request, body))
        except TimeoutError:
            if deadline.expired():
                raise DeadlineExceededError from None
            raise

    async def _identify(self, call: Call) -> None:
        authorization = call.request.headers.get("authorization")
        call.caller = await self._admission.identify(authorization)
        call.record.key_id = call.caller.key_id

    async def _admit(self, call: Call, access: Access, *, counted: bool) -> None:
        call.record.cache = access.cache
        if counted:
            call.allowance = await self._admission.admit(call.caller, access)
        else:
            call.caller.check(access)


def _input(route: Route, request: Request, body: bytes) -> Input | None:
    if route.input is None:
        return None
    if route.verb == "GET":
        return read_query(route.input, request.scope["query_string"])
    return read_json(route.input, body)


async def _send(response: Response, scope: Scope, exchange: Exchange) -> None:
    # Cancelled for the same causes as above, with nothing left to say.
    with suppress(asyncio.CancelledError):
        await response(scope, exchange.receive, exchange.send)
