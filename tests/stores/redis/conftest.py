"""Stores on Redis servers of all kinds."""

from datetime import timedelta

import pytest

from contract.samples import Sample
from nearhit_server.clocks import SystemClock
from nearhit_server.stores.redis import RedisOptions, open_redis_store


@pytest.fixture
def clock():
    return SystemClock()


@pytest.fixture
def sample(clock):
    return Sample(clock)


@pytest.fixture
def open_store(clock):
    """Opens a store on a URL; keyword arguments are RedisOptions'."""

    def open_(url: str, **options: object):
        return open_redis_store(url, clock=clock, options=RedisOptions(**options))

    return open_


@pytest.fixture
def age_epochs():
    """Makes proposals of epochs old enough to be garbage."""

    def age(client, cache_id: str, by: timedelta = timedelta(minutes=5)) -> None:
        key = f"nearhit:{{{cache_id}}}:dead"
        for member, score in client.zrange(key, 0, -1, withscores=True):
            client.zadd(key, {member: score - by / timedelta(microseconds=1)})

    return age
