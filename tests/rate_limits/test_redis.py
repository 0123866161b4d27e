"""Limiters that share a Redis."""

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from structlog.testing import capture_logs

from nearhit_server.rate_limits import open_rate_limiter
from polling import until
from rate_limits.callers import admits, admitted
from redis_servers.certificates import make_certificates
from redis_servers.ports import free_port
from redis_servers.server import RedisUser

SLOW = 0.01


@asynccontextmanager
async def replicas(url, *, rate=SLOW, burst=20, timeout_seconds=30):
    """Two limiters on one Redis, patient unless told otherwise: the machine may be busy."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                open_rate_limiter(
                    store_url=url, rate=rate, burst=burst, timeout_seconds=timeout_seconds
                )
            )
            for _ in range(2)
        ]


def scripts_run(server):
    """How often Redis was asked to count."""
    with server.client() as inside:
        return inside.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]


async def test_replicas_admit_together_what_the_limit_says(start_redis):
    async with replicas(start_redis(search=False).url) as (one, other):
        assert await admitted([one], 8) == 8
        assert await admitted([one, other], 50) == 12
        assert await admitted([one, other], 50) == 0
        assert await admitted([one, other], 50, cache="another") == 20


async def test_replicas_keep_to_the_rate_however_many_calls_come(start_redis):
    rate = 200
    began = time.monotonic()
    async with replicas(start_redis(search=False).url, rate=rate, burst=None) as limiters:
        let_in = 0
        while time.monotonic() < began + 1.5:
            let_in += await admitted(limiters, 20)
    assert rate <= let_in <= rate + rate * (time.monotonic() - began) + 1


async def test_block_serves_many_calls_with_one_round_trip(start_redis):
    server = start_redis(search=False)
    async with replicas(server.url, rate=10_000, burst=None) as (one, _):
        for _ in range(1_000):
            await one.take("key", "cache", cost=1)
    # Two blocks and a look at what is left, but a script has to be loaded first; and on a busy
    # machine a block may lapse.
    assert scripts_run(server) < 50


async def test_callers_who_come_at_once_ask_once(start_redis):
    server = start_redis(search=False)
    async with replicas(server.url) as (one, _):
        assert await admitted([one], 20) == 20
        # The first for itself, one for all the others, a look at what is left; and two scripts
        # are missing at first.
        assert scripts_run(server) == 5


async def test_flood_of_refused_calls_makes_no_round_trips(start_redis):
    server = start_redis(search=False)
    async with replicas(server.url) as (one, other):
        assert await admitted([one], 50) == 20
        assert await admitted([other], 50) == 0
        before = scripts_run(server)
        assert await admitted([one, other], 2_000) == 0
        assert scripts_run(server) == before


async def test_batch_takes_what_a_smaller_one_leaves(start_redis):
    async with replicas(start_redis(search=False).url) as (one, other):
        assert await admits(one, cost=15)
        assert not await admits(other, cost=7)
        assert await admits(other, cost=5)
        assert not await admits(one)


async def test_counters_expire_by_themselves(start_redis):
    server = start_redis(search=False)
    async with replicas(server.url, rate=20, burst=40) as (one, other):
        for limiter in (one, other):
            for name in ("", "{}", "}{", "a/b", "\udcff"):
                assert await admits(limiter, cache=name)
    with server.client() as inside:
        keys = inside.keys()
        assert len(keys) == 5
        assert all(key.startswith(b"nearhit:limits:{") for key in keys)
        assert all(0 < inside.ttl(key) <= 4 for key in keys)


async def test_calls_go_uncounted_while_redis_is_away(start_redis):
    server = start_redis(search=False)
    async with replicas(server.url, timeout_seconds=0.25) as limiters:
        assert await admitted(limiters, 50) == 20
        await asyncio.to_thread(server.kill)
        with capture_logs() as logs:
            assert await admitted(limiters, 50, cache="another") == 100
            assert await admitted(limiters, 50, cache="one more") == 100
        assert [line["log_level"] for line in logs] == ["warning"] * 2
        await asyncio.to_thread(server.start)
        await until(lambda: counts_again(limiters))


async def counts_again(limiters):
    return await admitted(limiters, 30, cache="yet another") < 60


async def test_calls_go_uncounted_while_redis_hangs(start_redis):
    server = start_redis(search=False)
    async with replicas(server.url, timeout_seconds=0.25) as limiters:
        assert await admitted(limiters, 50) == 20
        server.pause()
        began = time.monotonic()
        for number in range(20):
            assert await admitted(limiters, 50, cache=f"another-{number}") == 100
        # Not a timeout for each of them.
        assert time.monotonic() - began < 20 * 0.25
        server.resume()
        await until(lambda: counts_again(limiters))


async def test_calls_go_uncounted_where_redis_was_never_there():
    async with replicas(f"redis://127.0.0.1:{free_port()}", timeout_seconds=0.25) as limiters:
        assert await admitted(limiters, 50) == 100


async def test_call_that_is_cancelled_leaves_the_rest_in_order(start_redis):
    async with replicas(start_redis(search=False).url) as (one, other):
        calls = [asyncio.create_task(one.take("key", "cache", cost=1)) for _ in range(5)]
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        assert 15 <= await admitted([one, other], 50) <= 20


@pytest.mark.parametrize("kind", ["unix socket", "tls", "user"])
async def test_limiter_reaches_redis_as_the_store_does(start_redis, tmp_path, kind):
    match kind:
        case "unix socket":
            url = start_redis(search=False, unix_socket=True).unix_url
        case "tls":
            certificates = make_certificates(tmp_path / "certificates")
            server = start_redis(search=False, certificates=certificates)
            url = f"{server.url}?ssl_ca_certs={certificates.authority}"
        case "user":
            url = start_redis(search=False, user=RedisUser("app", "p@ss:/#?")).url
    async with replicas(url) as limiters:
        assert await admitted(limiters, 50) == 20


async def test_limiters_share_a_cluster(redis_cluster):
    async with replicas(redis_cluster.seeds) as limiters:
        for number in range(6):
            assert await admitted(limiters, 50, cache=f"cluster-{number}") == 20


async def test_limiters_follow_a_failover(start_redis_sentinels):
    servers = start_redis_sentinels()
    async with replicas(servers.url) as limiters:
        assert await admitted(limiters, 50) == 20
        await asyncio.to_thread(servers.fail_over)
        await until(lambda: counts_again(limiters))
