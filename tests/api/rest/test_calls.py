"""Who is let in where, and how every call ends."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest
from starlette.responses import Response

from api.rest.ports import Gate, open_port, render_metrics
from api.rest.wire import ask, connected, request
from clocks import ManualClock
from doors import admission
from nearhit_server.api.rest.application import http_application
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.routes import Route
from nearhit_server.api.rest.server import open_http_server
from nearhit_server.app.core import make_core
from nearhit_server.core.access.authenticator import Authenticator
from nearhit_server.core.access.callers import ALL, Access, Grant, Scope
from nearhit_server.core.access.keys import ApiKey, SecretHash
from nearhit_server.core.access.secrets import digest, new_key_id, new_secret
from nearhit_server.core.errors import Allowance, RateLimitedError, cache_not_found
from nearhit_server.core.health import Health
from nearhit_server.core.observing import UNOBSERVED
from nearhit_server.settings import Settings
from nearhit_server.stores.embedded import open_embedded_store
from polling import until

FULL = "Bearer everything"


async def _key(store, *, scopes, caches):
    key_id = new_key_id()
    secret = new_secret(key_id)
    await store.put_key(
        ApiKey(
            key_id=key_id,
            display_name="",
            scopes=frozenset(scopes),
            caches=Grant.of(caches),
            namespaces=Grant(),
            secrets=[SecretHash(digest(secret))],
            created_at=ManualClock().now(),
        )
    )
    return f"Bearer {secret}"


@pytest.fixture(scope="module")
async def guarded(tmp_path_factory):
    """The product's application where keys are asked for, and headers that hold keys."""
    clock = ManualClock()
    async with open_embedded_store(tmp_path_factory.mktemp("keys"), clock=clock) as store:
        authenticator = Authenticator(store, clock=clock, full_access=["everything"])
        door = admission(authenticator=authenticator)
        health = Health(store=True, model=True)
        # Nothing here asks for a model.
        parts = {"store": store, "models": None, "calibration": None, "verifier": None}
        core = make_core(Settings(), **parts, clock=clock, observer=UNOBSERVED)
        application = http_application(
            cache=core.cache,
            cache_admin=core.cache_admin,
            key_admin=core.key_admin,
            quality=core.quality,
            admission=door,
            observer=UNOBSERVED,
            health=health,
            render_metrics=render_metrics,
            metrics_open=False,
            version="1.2.3",
            limits=HttpLimits(),
        )
        async with open_http_server("127.0.0.1:0", application) as server:
            await server.start()
            yield SimpleNamespace(
                address=server.address,
                health=health,
                reader=await _key(store, scopes=[Scope.READ], caches=[ALL]),
                writer=await _key(store, scopes=[Scope.WRITE], caches=[ALL]),
                of_one_cache=await _key(store, scopes=[Scope.READ], caches=["mine"]),
            )


@pytest.mark.parametrize("path", ["/metrics", "/", "/v1/caches/default/entries", "/%00", "/../x"])
@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE", "OPTIONS", "HEAD"])
async def test_path_without_a_key_is_unauthorized(guarded, verb, path):
    answer = await ask(guarded.address, verb, path)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("key", ["Bearer wrong", "Basic everything", "", "Bearer \xff"])
async def test_wrong_key_is_answered_as_a_missing_one(guarded, key):
    missing = await ask(guarded.address, "GET", "/metrics")
    wrong = await ask(guarded.address, "GET", "/metrics", authorization=key)
    assert (wrong.status, wrong.body) == (missing.status, missing.body)
    assert wrong.json == {
        "title": "Unauthorized",
        "type": "/errors/authentication-failed",
        "status": 401,
        "detail": "the API key is missing, unknown, expired or revoked",
        "error": {
            "code": "UNAUTHORIZED",
            "message": "the API key is missing, unknown, expired or revoked",
        },
    }


async def test_metrics_are_for_keys_that_may_see_every_cache(guarded):
    for key, status in ((FULL, 200), (guarded.reader, 200)):
        answer = await ask(guarded.address, "GET", "/metrics", authorization=key)
        assert (answer.status, answer.body) == (status, b"answers_total 42\n")
        assert answer.headers["content-type"].startswith("text/plain; version=")
    for key in (guarded.writer, guarded.of_one_cache):
        answer = await ask(guarded.address, "GET", "/metrics", authorization=key)
        assert (answer.status, answer.json["type"]) == (403, "/errors/insufficient-permissions")


async def test_metrics_that_are_open_need_no_key():
    async with open_port(metrics_open=True, door=_door_for_nobody()) as port:
        assert (await ask(port.address, "GET", "/metrics")).status == 200
        assert (await ask(port.address, "POST", "/metrics")).status == 405
        assert (await ask(port.address, "POST", "/echo")).status == 401


def _door_for_nobody():
    async def no_key(key_id):
        return None

    keys = SimpleNamespace(get_key=no_key)
    return admission(authenticator=Authenticator(keys, clock=ManualClock()))


async def test_unknown_path_with_a_key_is_not_found(guarded):
    for path in ("/", "/nothing", "/metrics/", "/metrics%0A", "/healthz/x", "//metrics"):
        answer = await ask(guarded.address, "GET", path, authorization=FULL)
        assert (answer.status, answer.json["error"]["code"]) == (404, "NOT_FOUND")


async def test_wrong_verb_with_a_key_is_told_the_right_ones(guarded):
    answer = await ask(guarded.address, "POST", "/metrics", authorization=FULL)
    assert (answer.status, answer.headers["allow"]) == (405, "HEAD, GET")


async def test_probes_answer_without_a_key_and_say_what_is_missing(guarded):
    for path in ("/healthz", "/readyz"):
        answer = await ask(guarded.address, "GET", path)
        assert (answer.status, answer.json) == (200, {"status": "ok"})
        assert (await ask(guarded.address, "HEAD", path)).status == 200
        assert (await ask(guarded.address, "POST", path)).status == 405
    try:
        guarded.health.store = False
        answer = await ask(guarded.address, "GET", "/readyz")
        assert (answer.status, answer.json["missing"]) == (503, ["store"])
        guarded.health.draining = True
        answer = await ask(guarded.address, "GET", "/readyz")
        assert (answer.status, answer.json["missing"]) == (503, ["the server is shutting down"])
        assert (await ask(guarded.address, "GET", "/healthz")).status == 200
    finally:
        guarded.health.store, guarded.health.draining = True, False


async def test_request_id_that_is_decent_comes_back_in_answer_and_record():
    async with open_port() as port:
        answer = await ask(
            port.address, "POST", "/echo", b"x", x_request_id="id-1", traceparent="00-a-b-01"
        )
        assert answer.headers["x-request-id"] == "id-1"
        await until(lambda: len(port.recorder.records) == 1)
        record = port.recorder.records[0]
        assert (record.protocol, record.method, record.status) == ("http", "POST /echo", "200")
        assert (record.request_id, record.traceparent) == ("id-1", "00-a-b-01")
        for indecent in ("", "x" * 65, "a b", "é"):
            answer = await ask(port.address, "POST", "/echo", x_request_id=indecent)
            assert len(answer.headers["x-request-id"]) == 32


async def test_path_that_callers_make_up_is_no_name_of_a_method():
    async with open_port() as port:
        await ask(port.address, "GET", "/made-up")
        await ask(port.address, "PURGE", "/echo")
        await until(lambda: len(port.recorder.records) == 2)
        assert [record.method for record in port.recorder.records] == ["other", "other"]
        assert [record.status for record in port.recorder.records] == ["404", "405"]


async def test_metrics_of_a_busy_server_are_answered():
    async with open_port(door=admission(max_calls=0)) as port, connected(port.address) as client:
        assert (await client.ask("GET", "/no/such/path")).status == 429
        assert (await client.ask("GET", "/metrics")).status == 200


async def test_probe_of_a_busy_server_is_answered_and_leaves_no_record():
    gate = Gate()
    async with (
        open_port([gate.route()], door=admission(max_calls=1)) as port,
        connected(port.address) as busy,
    ):
        await busy.send(request("GET", "/gate"))
        await gate.entered.wait()
        shed = await ask(port.address, "POST", "/echo", b"x")
        assert (shed.status, shed.headers["retry-after"]) == (429, "1")
        assert shed.json["type"] == "/errors/too-many-requests"
        assert (await ask(port.address, "GET", "/healthz")).status == 200
        gate.opened.set()
        assert (await busy.answer()).body == b"late"
        await until(lambda: len(port.recorder.records) == 2)
        assert {r.method for r in port.recorder.records} == {"POST /echo", "GET /gate"}


async def test_handler_that_breaks_is_answered_with_an_id_and_nothing_else():
    async def broken(call, _):
        raise ZeroDivisionError("a secret")

    async with open_port([Route(verb="GET", path="/broken", handler=broken)]) as port:
        answer = await ask(port.address, "GET", "/broken", x_request_id="find-me")
        assert (answer.status, answer.json["type"]) == (500, "/errors/unexpected-error")
        assert answer.json["detail"] == "internal error; request id find-me"
        assert b"secret" not in answer.body


async def test_core_error_is_answered_as_the_client_knows_it():
    async def missing(call, _):
        raise cache_not_found(call.parameters["cache_id"])

    route = Route(verb="GET", path="/v1/caches/{cache_id}", handler=missing)
    async with open_port([route]) as port:
        older = await ask(port.address, "GET", "/v1/caches/mine")
        assert (older.status, older.json["type"]) == (404, "/errors/cache/not-found")
        assert older.json["detail"] == "there is no cache 'mine'"
        newer = await ask(
            port.address, "GET", "/v1/caches/mine", user_agent="speakeasy-sdk/python 0.14.0 2.1"
        )
        assert (newer.status, newer.json["type"]) == (404, "/errors/resource-not-found")


async def test_call_past_its_time_is_ended():
    gate = Gate()
    async with open_port([gate.route()], door=admission(max_seconds=0.05)) as port:
        answer = await ask(port.address, "GET", "/gate")
        assert (answer.status, answer.json["type"]) == (504, "/errors/deadline-exceeded")
        assert gate.cancelled.is_set()


async def test_call_whose_client_has_gone_is_cancelled():
    gate = Gate()
    async with open_port([gate.route()]) as port:
        async with connected(port.address) as connection:
            await connection.send(request("GET", "/gate"))
            await gate.entered.wait()
        async with asyncio.timeout(10):
            await gate.cancelled.wait()
        await until(lambda: len(port.recorder.records) == 1)
        assert port.recorder.records[0].status == "499"


class OneCall:
    """A limiter that has room for one call."""

    def __init__(self):
        self.remaining = 1

    async def take(self, key_id, cache, *, cost):
        allowance = Allowance(
            limit=1, remaining=self.remaining - 1, window_seconds=60, reset_seconds=12.5
        )
        if self.remaining == 0:
            raise RateLimitedError(allowance, retry_delay=timedelta(seconds=12.5))
        self.remaining -= 1
        return allowance


async def test_rate_limit_is_told_with_every_answer():
    async def admitted(call, _):
        return Response(b"in")

    route = Route(
        verb="GET",
        path="/limited",
        handler=admitted,
        needs=lambda _: Access(scopes=(Scope.READ,), cache="mine"),
    )
    async with open_port([route], door=admission(limiter=OneCall())) as port:
        first = await ask(port.address, "GET", "/limited")
        assert (first.status, first.headers["x-ratelimit-limit"]) == (200, "1")
        assert first.headers["x-ratelimit-remaining"] == "0"
        second = await ask(port.address, "GET", "/limited")
        assert (second.status, second.headers["retry-after"]) == (429, "13")
        assert int(second.headers["x-ratelimit-reset"]) >= int(first.headers["x-ratelimit-reset"])
        assert second.json["error"]["code"] == "RATE_LIMITED"
        await until(lambda: len(port.recorder.records) == 2)
        assert port.recorder.records[0].cache == "mine"
        assert port.recorder.records[1].reason == "RATE_LIMITED"
