"""API keys in a Redis that is full, lacks replicas or was restarted."""

from dataclasses import replace

import pytest

from nearhit_server.core.errors import UnavailableError


@pytest.fixture
def key(sample):
    return sample.key()


async def test_key_can_be_changed_when_redis_is_full(start_redis, open_store, key):
    server = start_redis()
    async with open_store(server.url) as store:
        await store.put_key(key)
        with server.client() as client:
            client.config_set("maxmemory", 1)
        changed = replace(key, display_name="x" * 999, version=2)
        assert await store.put_key(changed)
        assert await store.get_key(key.key_id) == changed


async def test_no_key_is_acknowledged_that_too_few_replicas_have(start_redis, open_store, key):
    server = start_redis()
    async with open_store(server.url) as store:
        # So that Redis knows the scripts: reading them takes the waiting call's time.
        await store.put_key(replace(key, key_id="00000000000000bb"))
    async with open_store(server.url, replicas_to_wait_for=1) as store:
        # Nor when it is repeated, though the master has it by then.
        for _ in range(2):
            with pytest.raises(UnavailableError, match="replicas"):
                await store.put_key(key)
        assert await store.get_key(key.key_id) == key


async def test_key_is_put_after_redis_has_forgotten_scripts(start_redis, open_store, key):
    server = start_redis()
    async with open_store(server.url) as store:
        await store.put_key(key)
        with server.client() as client:
            client.script_flush()
        assert await store.put_key(replace(key, version=2))
