"""Administration of caches, over real gRPC."""

from datetime import timedelta

import grpc
import pytest

import nearhit
from nearhit import AttributeType, LongPrompts, Strategy, Verification
from nearhit.v1 import cache_admin_pb2 as pb
from nearhit.v1.cache_admin_pb2_grpc import CacheAdminServiceStub

QUESTION = "How do I reset my password?"


async def test_default_cache_exists_from_the_start(client):
    cache = await client.get_cache("default")
    assert (cache.model, cache.dimension) == ("all-MiniLM-L6-v2", 384)
    assert cache.similarity_threshold == 0.9
    assert cache.strategies == (Strategy.EXACT, Strategy.SEMANTIC)
    assert cache.long_prompts is LongPrompts.EXACT_ONLY
    assert cache.verification is Verification.FULL
    assert (cache.max_false_hit_rate, cache.shadow) == (None, False)


async def test_created_cache_has_the_settings_asked_for(client, cache_id):
    settings = {
        "model": "tiny",
        "dimension": 16,
        "similarity_threshold": 0.5,
        "default_ttl": timedelta(minutes=5),
        "ttl_refresh_on_hit": True,
        "strategies": (Strategy.SEMANTIC,),
        "long_prompts": LongPrompts.TRUNCATE,
        "max_entries": 10,
        "attributes": {"year": AttributeType.NUMERIC, "tag": AttributeType.TAG},
        "restrict_attributes": True,
        "verification": Verification.GUARD,
        "max_false_hit_rate": 0.02,
        "shadow": True,
    }
    name = f"{cache_id}-full"
    created = await client.create_cache(name, **settings)
    assert await client.get_cache(name) == created
    assert {field: getattr(created, field) for field in settings} == settings


async def test_update_changes_the_named_settings_only(client, cache_id):
    before = await client.get_cache()
    after = await client.update_cache(cache_id, similarity_threshold=0.5)
    assert after.similarity_threshold == 0.5
    assert (after.model, after.created_at) == (before.model, before.created_at)
    assert after.updated_at > before.updated_at
    assert (
        await client.update_cache(cache_id, similarity_threshold=None)
    ).similarity_threshold == 0.9


async def test_update_counts_from_the_next_call_on(client, cache_id):
    await client.store(QUESTION, "r")
    asked = "how can I change a forgotten password"
    assert isinstance(await client.search(asked), nearhit.Miss)
    await client.update_cache(cache_id, similarity_threshold=0.8)
    assert isinstance(await client.search(asked), nearhit.Hit)


async def test_change_of_model_removes_entries_only_when_that_is_allowed(client, cache_id):
    await client.store(QUESTION, "r")
    with pytest.raises(nearhit.FailedPreconditionError) as refused:
        await client.update_cache(cache_id, model="tiny")
    assert refused.value.reason == "FLUSH_REQUIRED"
    assert (await client.get_cache()).entry_count == 1
    changed = await client.update_cache(cache_id, model="tiny", allow_flush=True)
    assert (changed.model, changed.dimension) == ("tiny", 16)
    assert (await client.get_cache()).entry_count == 0
    await client.store(QUESTION, "again")
    assert isinstance(await client.search(QUESTION, strategies=[Strategy.SEMANTIC]), nearhit.Hit)


async def test_dimension_alone_changes_no_model(client, cache_id):
    with pytest.raises(nearhit.FailedPreconditionError) as refused:
        await client.update_cache(cache_id, dimension=3, allow_flush=True)
    assert refused.value.reason == "DIMENSION_MISMATCH"
    name = f"{cache_id}-vectors"
    await client.create_cache(name, dimension=3)
    with pytest.raises(nearhit.InvalidArgumentError):
        await client.update_cache(name, dimension=None, allow_flush=True)
    changed = await client.update_cache(name, dimension=4, allow_flush=True)
    assert (changed.model, changed.dimension) == ("", 4)


async def test_what_the_mask_does_not_name_does_not_count(server_address, client, cache_id):
    request = pb.UpdateCacheRequest(
        cache={"cache_id": cache_id, "similarity_threshold": 5, "max_entries": 7},
        update_mask={"paths": ["max_entries"]},
    )
    async with grpc.aio.insecure_channel(server_address) as channel:
        changed = (await CacheAdminServiceStub(channel).UpdateCache(request)).cache
    assert (changed.max_entries, changed.similarity_threshold) == (7, 0.9)


async def test_list_names_every_cache_in_order(client, cache_id):
    for number in range(3):
        await client.create_cache(f"{cache_id}-{number}")
    listed = [cache.cache_id async for cache in client.list_caches()]
    assert listed == sorted(listed)
    assert {"default", cache_id, *(f"{cache_id}-{number}" for number in range(3))} <= set(listed)


async def test_deleted_cache_is_gone_and_its_name_is_free(client, cache_id):
    await client.store(QUESTION, "r")
    assert await client.delete_cache(cache_id) == 1
    with pytest.raises(nearhit.NotFoundError):
        await client.search(QUESTION)
    with pytest.raises(nearhit.NotFoundError):
        await client.delete_cache(cache_id)
    await client.create_cache(cache_id)
    assert isinstance(await client.search(QUESTION), nearhit.Miss)


async def test_numeric_attributes_take_numbers_only(client, cache_id):
    await client.update_cache(
        cache_id, attributes={"year": AttributeType.NUMERIC}, allow_flush=True
    )
    await client.store("p", "r", attributes={"year": "-12.5e3"})
    for value in ("nan", "inf", "1_000", "12 ", "٣", "0x10", ""):
        with pytest.raises(nearhit.InvalidArgumentError):
            await client.store("p", "r", attributes={"year": value})


async def test_restricted_cache_takes_declared_attributes_only(client, cache_id):
    await client.update_cache(
        cache_id, attributes={"tag": AttributeType.TAG}, restrict_attributes=True
    )
    await client.store("p", "r", attributes={"tag": "x"})
    for call in (
        client.store("p", "r", attributes={"other": "x"}),
        client.search("p", attributes={"other": "x"}),
    ):
        with pytest.raises(nearhit.InvalidArgumentError) as refused:
            await call
        assert refused.value.field_violations[0].field == "attributes"


async def test_cache_that_declares_no_attributes_says_so_in_the_words_people_match(
    client, cache_id
):
    await client.update_cache(cache_id, restrict_attributes=True)
    with pytest.raises(nearhit.InvalidArgumentError) as refused:
        await client.store("p", "r", attributes={"other": "x"})
    assert refused.value.message == "attributes: no attributes are configured for this cache."


async def test_cache_without_a_model_takes_vectors_only(client, cache_id, server_address):
    name = f"{cache_id}-vectors"
    cache = await client.create_cache(name, dimension=3)
    assert (cache.model, cache.dimension) == ("", 3)
    async with nearhit.AsyncClient(server_address, cache=name) as vectors:
        await vectors.store("p", "r", vector=[1, 0, 0])
        for call in (vectors.store("q", "r"), vectors.search("q", strategies=[Strategy.SEMANTIC])):
            with pytest.raises(nearhit.FailedPreconditionError) as refused:
                await call
            assert refused.value.reason == "VECTOR_REQUIRED"
        assert isinstance(await vectors.search("P"), nearhit.Hit)
        assert isinstance(await vectors.search("q"), nearhit.Miss)
        assert isinstance(await vectors.search(vector=[2, 0.1, 0]), nearhit.Hit)
