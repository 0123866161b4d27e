"""Commands for many slots of a Cluster at once, while it changes."""

import asyncio

import pytest

from nearhit_server.core.errors import UnavailableError
from polling import until

pytestmark = pytest.mark.slow

KEYS = [f"spread-{number}" for number in range(300)]


def sets(value):
    return [("SET", key, f"{key} {value}") for key in KEYS]


def values(value):
    return [f"{key} {value}".encode() for key in KEYS]


GETS = [("GET", key) for key in KEYS]


async def test_replies_are_in_order_and_of_each_commands_own_node(start_redis_cluster, open_store):
    cluster = start_redis_cluster(replicas=0)
    async with open_store(cluster.seeds) as store:
        assert await store._commands.spread(sets(1)) == [True] * len(KEYS)
        assert await store._commands.spread(GETS) == values(1)
        assert await store._commands.spread([]) == []
        wrong = await store._commands.spread([GETS[0], ("HGET", KEYS[1], "x"), GETS[2]])
    assert [wrong[0], wrong[2]] == [values(1)[0], values(1)[2]]
    assert isinstance(wrong[1], Exception)
    held = [sum(cluster.master_of(key) is server for key in KEYS) for server in cluster.servers]
    assert min(held) > 50


async def test_slots_that_have_moved_are_followed(start_redis_cluster, open_store):
    cluster = start_redis_cluster(replicas=0)
    async with open_store(cluster.seeds) as store:
        await store._commands.spread(sets(1))
        source = cluster.master_of(KEYS[0])
        target = next(server for server in cluster.servers if server is not source)
        await asyncio.to_thread(cluster.begin_move, KEYS[0], source, target)
        await asyncio.to_thread(cluster.move_keys, KEYS[0], source, target)
        assert await store._commands.spread(GETS) == values(1)
        await asyncio.to_thread(cluster.end_move, KEYS[0], source, target)
        assert await store._commands.spread(sets(2)) == [True] * len(KEYS)
        assert await store._commands.spread(GETS) == values(2)


async def test_node_that_is_replaced_is_followed(start_redis_cluster, open_store):
    cluster = start_redis_cluster()
    async with open_store(cluster.seeds) as store:
        await store._commands.spread(sets(1))
        old = cluster.master_of(KEYS[0])
        await asyncio.to_thread(old.kill)
        await asyncio.to_thread(cluster.wait_until_master_is_not, old, KEYS[0])

        async def answers():
            try:
                return await store._commands.spread(sets(2)) == [True] * len(KEYS)
            except UnavailableError:
                return False

        await until(answers)
        assert await store._commands.spread(GETS) == values(2)


async def test_redis_that_is_gone_is_told_as_such(start_redis_cluster, open_store):
    cluster = start_redis_cluster(replicas=0)
    async with open_store(cluster.seeds, patient_timeout_seconds=1.0) as store:
        await store._commands.spread(sets(1))
        for server in cluster.servers:
            await asyncio.to_thread(server.kill)
        with pytest.raises(UnavailableError):
            await store._commands.spread(GETS)
