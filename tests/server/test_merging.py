"""Changing single attributes of an entry, over real gRPC with both clients."""

import asyncio
from datetime import timedelta

import grpc
import pytest

import nearhit
from nearhit import AttributeType
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit.v1.semantic_cache_pb2_grpc import SemanticCacheServiceStub

QUESTION = "How do I reset my password?"


@pytest.fixture(params=["async", "sync"])
async def update(request, client, server_address, cache_id):
    """A client's update; that of the blocking one in a thread."""
    if request.param == "async":
        yield client.update
        return
    with nearhit.Client(server_address, cache=cache_id) as blocking:

        async def in_thread(*arguments, **options):
            return await asyncio.to_thread(blocking.update, *arguments, **options)

        yield in_thread


async def stored(client, **options):
    return (await client.store(QUESTION, "r", **options)).entry_id


async def ids(client, where):
    outcome = await client.search(QUESTION, filter=where)
    matches = outcome.matches if isinstance(outcome, nearhit.Hit) else []
    return [match.entry.entry_id for match in matches]


async def test_merge_sets_and_removes_what_it_names_and_keeps_the_rest(client, update):
    entry_id = await stored(
        client,
        attributes={"city": "Lyon", "country": "fr", "tier": "free"},
        metadata={"m": 1},
        ttl=timedelta(hours=1),
    )
    (before,) = [entry async for entry in client.list_entries()]
    changes = {"country": "nl", "city": None, "a-b_C": "new", "never-there": None}
    entry = await update(entry_id, merge_attributes=changes)
    assert entry.attributes == {"country": "nl", "tier": "free", "a-b_C": "new"}
    assert (entry.response, entry.metadata, entry.expires_at) == ("r", {"m": 1}, before.expires_at)
    assert entry.updated_at > before.updated_at
    assert await ids(client, nearhit.attribute("country") == "nl") == [entry_id]
    for gone in (nearhit.attribute("country") == "fr", nearhit.attribute("city") == "Lyon"):
        assert await ids(client, gone) == []


async def test_merge_beside_other_fields_changes_them_all(client, update):
    entry_id = await stored(client, attributes={"a": "1"})
    entry = await update(
        entry_id,
        prompt="What is the capital of France?",
        response="Paris.",
        vector=None,
        merge_attributes={"b": "2"},
    )
    assert (entry.prompt, entry.response) == ("What is the capital of France?", "Paris.")
    assert entry.attributes == {"a": "1", "b": "2"}
    outcome = await client.search("what's France's capital city?", similarity_threshold=0.8)
    assert outcome.matches[0].entry.entry_id == entry_id


async def test_merge_keeps_ranges_and_words_of_declared_attributes_right(client, cache_id, update):
    types = {"price": AttributeType.NUMERIC, "title": AttributeType.TEXT}
    await client.update_cache(cache_id, attributes=types, allow_flush=True)
    entry_id = await stored(client, attributes={"price": "5", "title": "red shoes"})
    dear, red = nearhit.attribute("price") > 9, nearhit.attribute("title").matches("red")
    await update(entry_id, merge_attributes={"price": "10"})
    assert await ids(client, dear) == await ids(client, red) == [entry_id]
    await update(entry_id, merge_attributes={"price": None, "title": "blue"})
    assert await ids(client, dear) == await ids(client, red) == []


async def test_16_concurrent_merges_of_different_names_all_hold(client, update):
    entry_id = await stored(client)
    merged = {f"name-{number}": str(number) for number in range(16)}
    await asyncio.gather(
        *(update(entry_id, merge_attributes={name: value}) for name, value in merged.items())
    )
    (entry,) = [entry async for entry in client.list_entries()]
    assert entry.attributes == merged


async def test_merge_beyond_16_attributes_is_refused_and_changes_nothing(client, update):
    full = {f"name-{number}": "1" for number in range(16)}
    entry_id = await stored(client, attributes=full)
    with pytest.raises(nearhit.InvalidArgumentError) as refused:
        await update(entry_id, merge_attributes={"one-more": "1"}, response="new")
    assert [violation.field for violation in refused.value.field_violations] == ["attributes"]
    (entry,) = [entry async for entry in client.list_entries()]
    assert (entry.attributes, entry.response) == (full, "r")
    entry = await update(entry_id, merge_attributes={"one-more": "1", "name-0": None})
    assert len(entry.attributes) == 16


async def test_merge_refuses_what_the_cache_does_not_declare(client, cache_id, update):
    types = {"price": AttributeType.NUMERIC}
    await client.update_cache(cache_id, attributes=types, allow_flush=True)
    entry_id = await stored(client, attributes={"old": "1"})
    await client.update_cache(cache_id, restrict_attributes=True)
    for changes, field in (
        ({"colour": "red"}, "attributes"),
        ({"price": "cheap"}, "attributes['price']"),
    ):
        with pytest.raises(nearhit.InvalidArgumentError) as refused:
            await update(entry_id, merge_attributes=changes)
        assert [violation.field for violation in refused.value.field_violations] == [field]
    # What was there before may go.
    entry = await update(entry_id, merge_attributes={"old": None, "price": "5"})
    assert entry.attributes == {"price": "5"}


async def test_merge_of_an_entry_that_is_not_there_is_not_found(update):
    with pytest.raises(nearhit.NotFoundError):
        await update("0" * 32, merge_attributes={"a": "1"})


async def test_attributes_that_the_mask_does_not_name_do_not_count(
    client, server_address, cache_id
):
    entry_id = await stored(client, attributes={"kept": "1"})
    request = pb.UpdateRequest(
        cache=cache_id,
        entry_id=entry_id,
        attributes={"named": "2", "kept": "3", "a b": "4"},
        update_mask={"paths": ["attributes.named", "attributes.named"]},
    )
    async with grpc.aio.insecure_channel(server_address) as channel:
        response = await SemanticCacheServiceStub(channel).Update(request)
    assert response.entry.attributes == {"kept": "1", "named": "2"}
