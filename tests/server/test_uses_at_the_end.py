"""A server that ends right after a hit has noted it all the same."""

from datetime import timedelta

import pytest

import nearhit
from nearhit_server.app import open_application
from nearhit_server.settings import Settings


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


async def expiries(client):
    """Whether entries expire, by prompt."""
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
    async with (
        open_application(settings) as servers,
        nearhit.AsyncClient(servers.grpc.address, cache=cache_id) as client,
    ):
        assert await expiries(client) == {prompt: prompt != prompts[0] for prompt in prompts}
