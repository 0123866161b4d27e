"""A server through an outage of its Redis: errors meanwhile, health, recovery by itself."""

import asyncio
import time
from contextlib import suppress

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

import nearhit
from nearhit_server.app import StartupError, open_application
from nearhit_server.settings import Settings
from polling import until
from redis_servers.ports import free_port
from redis_servers.server import RedisUser

pytestmark = pytest.mark.slow

QUESTION = "How do I reset my password?"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
A_SECOND = 1.5
"""With an allowance for a busy machine."""


def settings_for(url, tiny_model, **settings):
    usual = {"grpc": "127.0.0.1:0", "http": "off", "model": str(tiny_model), "device": "cpu"}
    return Settings(store=url, **(usual | settings))


@pytest.fixture
async def served(start_redis, tiny_model):
    """A Redis, a client of a server on it, and whether the server's health is SERVING."""
    redis = start_redis(append_only=True)
    async with (
        open_application(settings_for(redis.url, tiny_model)) as server,
        # Errors as the server gives them, not repeated.
        nearhit.AsyncClient(
            server.grpc.address, timeout=10, options=[("grpc.enable_retries", 0)]
        ) as client,
        grpc.aio.insecure_channel(server.grpc.address) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)

        async def is_serving():
            answer = await health.Check(health_pb2.HealthCheckRequest())
            assert answer.status in (SERVING, NOT_SERVING)
            return answer.status == SERVING

        yield redis, client, is_serving


def not_(condition):
    async def negated():
        return not await condition()

    return negated


async def test_hung_redis_turns_health_until_it_goes_on(served):
    redis, client, is_serving = served
    await client.store(QUESTION, "Open Settings.")
    redis.pause()
    try:
        began = time.monotonic()
        outcomes = await asyncio.gather(
            *(client.search(QUESTION) for _ in range(100)), return_exceptions=True
        )
        assert time.monotonic() - began < A_SECOND
        assert {type(outcome) for outcome in outcomes} == {nearhit.UnavailableError}
        await until(not_(is_serving))
    finally:
        redis.resume()
    await until(is_serving)
    assert isinstance(await client.search(QUESTION), nearhit.Hit)


async def test_deadline_of_a_call_ends_its_wait_for_redis(start_redis, tiny_model):
    redis = start_redis()
    settings = settings_for(
        redis.url,
        tiny_model,
        http="127.0.0.1:0",
        metrics_open=True,
        redis_timeout_seconds=60,
    )
    async with (
        open_application(settings) as servers,
        nearhit.AsyncClient(servers.grpc.address) as client,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        await client.search(QUESTION)

        async def no_call_is_in_hand():
            answer = await http.get(f"http://{servers.http.address}/metrics")
            return "nearhit_calls_in_flight 1.0" in answer.text.splitlines()

        redis.pause()
        try:
            with pytest.raises(nearhit.DeadlineExceededError):
                await client.search(QUESTION, timeout=0.3)
            # Long before Redis's own time is up. The one call is the question itself.
            await until(no_call_is_in_hand, seconds=20)
        finally:
            redis.resume()


async def test_killed_redis_is_recovered_from_with_all_but_the_last_second(served):
    redis, client, is_serving = served
    stopped = asyncio.Event()
    acknowledged: list[tuple[float, str]] = []
    failures: list[Exception] = []
    slowest = 0.0

    async def keep_storing(worker):
        nonlocal slowest
        number = 0
        while not stopped.is_set():
            prompt = f"what is the number {worker} times {number}?"
            number += 1
            began = time.monotonic()
            try:
                await client.store(prompt, "It is large.")
                acknowledged.append((time.monotonic(), prompt))
            except nearhit.NearhitError as error:
                failures.append(error)
            slowest = max(slowest, time.monotonic() - began)

    async with asyncio.TaskGroup() as group:
        for worker in range(50):
            group.create_task(keep_storing(worker))
        try:
            begun = time.monotonic()
            await until(lambda: bool(acknowledged) and acknowledged[-1][0] > begun + 1.5)
            killed = time.monotonic()
            await asyncio.to_thread(redis.kill)
            await until(not_(is_serving))
            await asyncio.to_thread(redis.start)
            up = time.monotonic()
            await until(is_serving)
            await until(lambda: sum(at > up for at, _ in acknowledged) > 50)
        finally:
            stopped.set()
    assert {type(failure) for failure in failures} == {nearhit.UnavailableError}
    assert slowest < A_SECOND
    safe = [prompt for at, prompt in acknowledged if at < killed - 1 or at > up]
    assert len(safe) > 100

    async def found(prompts):
        while True:
            # Redis may still be writing: whether it has them is asked, not how soon it says so.
            with suppress(nearhit.UnavailableError):
                return await client.search_many(prompts)

    outcomes = []
    async with asyncio.timeout(30):
        for start in range(0, len(safe), 100):
            outcomes += await found(safe[start : start + 100])
    assert [outcome.matches[0].entry.prompt for outcome in outcomes] == safe


async def test_redis_that_lost_everything_gets_its_default_cache_again(served):
    redis, client, is_serving = served
    await client.store(QUESTION, "Open Settings.")
    with redis.client() as inside:
        inside.flushall()

    async def answers():
        try:
            return isinstance(await client.search(QUESTION), nearhit.Miss)
        except nearhit.NotFoundError:
            return False

    await until(answers)
    await until(is_serving)
    await client.store(QUESTION, "Open Settings.")
    assert isinstance(await client.search(QUESTION), nearhit.Hit)


async def test_full_redis_is_told_as_resource_exhausted(served):
    redis, client, is_serving = served
    await client.store(QUESTION, "Open Settings.")
    with redis.client() as inside:
        inside.config_set("maxmemory", 1)
    with pytest.raises(nearhit.ResourceExhaustedError):
        await client.store("another", "one")
    assert isinstance(await client.search(QUESTION), nearhit.Hit)
    assert await is_serving()
    assert await client.flush() == 1
    with redis.client() as inside:
        inside.config_set("maxmemory", 0)
    await client.store("another", "one")


@pytest.mark.parametrize("kind", ["missing", "without search", "wrong password"])
async def test_server_without_its_redis_says_why_in_one_sentence(start_redis, tiny_model, kind):
    if kind == "missing":
        url, expected = f"redis://:hunter2@127.0.0.1:{free_port()}", "cannot be reached"
    elif kind == "without search":
        url, expected = start_redis(search=False).url, "Search module"
    else:
        server = start_redis(user=RedisUser("app", "secret"))
        url, expected = f"redis://:hunter2@{server.address}", "password"
    with pytest.raises(StartupError, match=expected) as raised:
        async with open_application(settings_for(url, tiny_model)):
            pass
    assert "\n" not in str(raised.value)
    assert "hunter2" not in str(raised.value)
