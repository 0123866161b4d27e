"""What API keys have to allow: no administration where there is a cache."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import nearhit
from nearhit import KeyScope
from nearhit.integrations.redisvl import SemanticCache
from server.keys.keyed_servers import BOOT_KEY, keyed_server


@pytest.fixture(scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("keyed")
    async with keyed_server("embedded", data_dir=folder, model=tiny_model) as address:
        yield address


async def test_key_that_may_not_administer_uses_a_cache_that_is_there(address, name):
    async with nearhit.AsyncClient(address, api_key=BOOT_KEY) as admin:
        scopes = (KeyScope.READ, KeyScope.WRITE)
        key = (await admin.create_key(scopes=scopes, caches=[name])).secret

    def opened(key, **options):
        return asyncio.to_thread(SemanticCache, name, target=address, api_key=key, **options)

    with pytest.raises(nearhit.PermissionDeniedError):
        await opened(key)
    with pytest.raises(nearhit.UnauthenticatedError):
        await opened(None)
    owner = await opened(BOOT_KEY)

    for guest in (await opened(key), await opened(key, create_index=False)):
        async with guest:
            await guest.astore("hello", "hi")
            assert await guest.acheck("hello")
            await guest.aclear()
            with pytest.raises((nearhit.PermissionDeniedError, ValueError)):
                await guest.adelete()

    assert await owner.aindex.exists()
    await owner.adelete()
    await owner.adisconnect()


async def test_key_of_one_cache_overwrites_what_takes_no_copy(address, name):
    async with nearhit.AsyncClient(address, api_key=BOOT_KEY) as admin:
        key = (await admin.create_key(scopes=list(KeyScope), caches=[name])).secret

    def overwriting(kind):
        fields = [{"name": "price", "type": kind}]
        options = {"target": address, "api_key": key, "filterable_fields": fields}
        return asyncio.to_thread(SemanticCache, name, overwrite=True, **options)

    async with await overwriting("tag") as cache:
        await cache.astore("hello", "hi", filters={"price": 1})
        with pytest.raises(nearhit.PermissionDeniedError):
            await overwriting("numeric")

        assert await cache.acheck("hello")
