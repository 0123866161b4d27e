"""A server that ends right after hits notes them all the same."""

import asyncio
from datetime import timedelta

import pytest

import nearhit
from nearhit_server.app import open_application
from nearhit_server.core.entry_uses import EntryUses
from nearhit_server.settings import Settings
from nearhit_server.stores.embedded.entry_store import EmbeddedEntryStore
from nearhit_server.stores.redis.entry_store import RedisEntryStore


@pytest.fixture(autouse=True)
def nothing_noted_before_the_end(monkeypatch):
    ends = asyncio.Event()
    leave = EntryUses.__aexit__

    async def leave_at_last(self, *failure):
        ends.set()
        await leave(self, *failure)

    def held(touch):
        async def touch_late(self, spec, uses):
            await ends.wait()
            await touch(self, spec, uses)

        return touch_late

    monkeypatch.setattr(EntryUses, "__aexit__", leave_at_last)
    for store in (EmbeddedEntryStore, RedisEntryStore):
        monkeypatch.setattr(store, "touch", held(store.touch))


@pytest.fixture(params=["embedded", "redis"])
def settings(request, tmp_path, tiny_model):
    store = "embedded"
    if request.param == "redis":
        store = request.getfixturevalue("tiny_servers_redis").url
    return Settings(
        grpc="127.0.0.1:0",
        http="off",
        store=store,
        data_dir=tmp_path,
        model=str(tiny_model),
        device="cpu",
    )


async def expiring(client):
    """Whether each entry expires, by prompt."""
    return {entry.prompt: entry.expires_at is not None async for entry in client.list_entries()}


async def test_hits_before_the_end_are_noted(settings, cache_id):
    prompts = [f"what is password {number}" for number in range(250)]
    async with (
        open_application(settings) as servers,
        nearhit.AsyncClient(servers.grpc.address, cache=cache_id) as client,
    ):
        await client.create_cache(cache_id)
        await client.store_many([nearhit.NewEntry(prompt, "r") for prompt in prompts])
        # Only a hit gives these entries an expiry.
        await client.update_cache(cache_id, ttl_refresh_on_hit=True, default_ttl=timedelta(hours=1))
        outcomes = await client.search_many(prompts[1:])
        assert all(isinstance(outcome, nearhit.Hit) for outcome in outcomes)
        assert not any((await expiring(client)).values())
    async with (
        open_application(settings) as servers,
        nearhit.AsyncClient(servers.grpc.address, cache=cache_id) as client,
    ):
        assert await expiring(client) == {prompt: prompt != prompts[0] for prompt in prompts}
