"""A server with a rate limit, as its callers see it."""

import pytest

import nearhit
from nearhit_server.app import open_application
from nearhit_server.settings import Settings


@pytest.fixture(scope="module", params=["embedded", "redis"])
async def address(request, tiny_servers_redis, tmp_path_factory, tiny_model):
    """A server that lets three calls in and then none for a long time."""
    settings = Settings(
        grpc="127.0.0.1:0",
        http="off",
        store="embedded" if request.param == "embedded" else tiny_servers_redis.url,
        data_dir=tmp_path_factory.mktemp("limited"),
        model=str(tiny_model),
        device="cpu",
        rate_limit=0.01,
        rate_limit_burst=3,
    )
    async with open_application(settings) as server:
        yield server.grpc.address


async def test_calls_past_the_limit_are_told_when_to_come_back(address):
    async with nearhit.AsyncClient(address, cache="made-up") as client:
        for _ in range(3):
            with pytest.raises(nearhit.NotFoundError):
                await client.search("a question")
        with pytest.raises(nearhit.ResourceExhaustedError) as refused:
            await client.search("a question")
    assert refused.value.reason == "RATE_LIMITED"
    assert 1 < refused.value.retry_delay.total_seconds() <= 600


async def test_limit_of_one_cache_leaves_another_alone(address):
    async with nearhit.AsyncClient(address, cache="default") as client:
        await client.search_many(["one", "two", "three", "four"])
        with pytest.raises(nearhit.ResourceExhaustedError, match="3 calls in 300 s"):
            await client.search("a question")
    async with nearhit.AsyncClient(address, cache="another") as client:
        with pytest.raises(nearhit.NotFoundError):
            await client.search("a question")
