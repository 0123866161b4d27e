"""Storing, updating, deleting, flushing and listing, over real gRPC."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

import nearhit
from nearhit import ExactOnlyReason, Strategy
from polling import until

QUESTION = "How do I reset my password?"


async def entries_of(client, **options):
    return [entry async for entry in client.list_entries(**options)]


async def found(client, prompt, **options):
    outcome = await client.search(prompt, **options)
    return outcome.matches[0].entry if isinstance(outcome, nearhit.Hit) else None


async def expires(client, prompt):
    (entry,) = [entry for entry in await entries_of(client) if entry.prompt == prompt]
    return entry.expires_at is not None


async def test_store_again_replaces_and_leaves_nothing_behind(client):
    first = await client.store(
        QUESTION, "old", metadata={"stale": True}, ttl=timedelta(hours=1), attributes={"a": "b"}
    )
    second = await client.store(f" {QUESTION} ", "new", attributes={"a": "b"})
    assert (first.created, second.created) == (True, False)
    assert first.entry_id == second.entry_id
    (entry,) = await entries_of(client)
    assert (entry.response, entry.metadata, entry.ttl, entry.expires_at) == (
        "new",
        None,
        None,
        None,
    )


async def test_store_keeps_prompts_with_other_attributes_or_case_apart(client):
    ids = {
        (await client.store(prompt, "r", attributes=attributes)).entry_id
        for prompt, attributes in (
            ("grep -i", {}),
            ("grep -I", {}),
            ("grep -i", {"os": "linux"}),
            ("10⁵", {}),
            ("105", {}),
        )
    }
    assert len(ids) == 5
    assert (await client.get_cache()).entry_count == 5


async def test_store_many_keeps_the_later_of_two_with_the_same_id(client):
    outcomes = await client.store_many(
        [nearhit.NewEntry("p", "first"), nearhit.NewEntry("p", "second")]
    )
    assert [outcome.created for outcome in outcomes] == [True, False]
    assert (await found(client, "p")).response == "second"


async def test_store_in_a_cache_without_semantic_computes_no_vector(client, cache_id):
    await client.update_cache(cache_id, strategies=[Strategy.EXACT])
    stored = await client.store(QUESTION, "r")
    assert stored.exact_only_reason is ExactOnlyReason.CACHE_STRATEGIES
    assert (await found(client, QUESTION)).response == "r"
    with pytest.raises(nearhit.FailedPreconditionError) as refused:
        await client.search(QUESTION, strategies=[Strategy.SEMANTIC])
    assert refused.value.reason == "SEMANTIC_DISABLED"
    with pytest.raises(nearhit.FailedPreconditionError):
        await client.search(vector=[1.0] * 384)


async def test_metadata_come_back_as_they_were(client):
    metadata = {"big": 2**60 + 1, "nested": {"list": [1, None, "ü"]}, "empty": {}}
    await client.store("with", "r", metadata=metadata)
    await client.store("empty", "r", metadata={})
    await client.store("without", "r")
    assert (await found(client, "with")).metadata == metadata
    assert (await found(client, "empty")).metadata == {}
    assert (await found(client, "without")).metadata is None


async def test_update_changes_the_named_fields_and_keeps_the_rest(client):
    stored = await client.store(
        QUESTION, "old", attributes={"a": "1"}, metadata={"m": 1}, ttl=timedelta(hours=2)
    )
    before = await found(client, QUESTION)
    entry = await client.update(stored.entry_id, response="new", attributes={"b": "2"})
    assert (entry.prompt, entry.response, entry.metadata) == (QUESTION, "new", {"m": 1})
    assert (entry.ttl, entry.expires_at) == (timedelta(hours=2), before.expires_at)
    assert entry.updated_at > before.updated_at
    assert await found(client, QUESTION, attributes={"a": "1"}) is None
    assert (await found(client, QUESTION, attributes={"b": "2"})).entry_id == stored.entry_id


async def test_update_of_the_prompt_is_embedded_anew_and_keeps_the_id(client):
    stored = await client.store(QUESTION, "r")
    entry = await client.update(stored.entry_id, prompt="What is the capital of France?")
    assert entry.entry_id == stored.entry_id
    assert await found(client, QUESTION) is None
    near = await found(client, "what's France's capital city?", similarity_threshold=0.8)
    assert near.entry_id == stored.entry_id


async def test_update_to_a_long_prompt_leaves_exact_search_only(client):
    stored = await client.store(QUESTION, "r")
    long = "word " * 400
    await client.update(stored.entry_id, prompt=long)
    assert await found(client, QUESTION, similarity_threshold=-1) is None
    assert (await found(client, long)).entry_id == stored.entry_id


async def test_update_removes_what_is_none(client):
    stored = await client.store(QUESTION, "r", metadata={"m": 1}, ttl=timedelta(hours=1))
    entry = await client.update(stored.entry_id, metadata=None, ttl=None)
    assert (entry.metadata, entry.ttl, entry.expires_at) == (None, None, None)


async def test_update_of_nothing_starts_the_ttl_again(client):
    stored = await client.store(QUESTION, "r", ttl=timedelta(hours=1))
    before = await found(client, QUESTION)
    entry = await client.refresh_ttl(stored.entry_id)
    assert entry.expires_at > before.expires_at
    assert entry.updated_at == before.updated_at
    assert entry.ttl == timedelta(hours=1)


async def test_concurrent_updates_of_different_fields_keep_each_other(client):
    stored = await client.store(QUESTION, "r", metadata={"m": 1})
    await asyncio.gather(
        client.update(stored.entry_id, response="new"),
        client.update(stored.entry_id, metadata={"m": 2}),
        client.update(stored.entry_id, attributes={"a": "1"}),
    )
    entry = await found(client, QUESTION)
    assert (entry.response, entry.metadata, entry.attributes) == ("new", {"m": 2}, {"a": "1"})


async def test_refreshed_ttl_is_not_given_to_an_entry_stored_meanwhile(client):
    for number in range(20):
        stored = await client.store(f"p{number}", "old", ttl=timedelta(hours=1))
        await asyncio.gather(client.refresh_ttl(stored.entry_id), client.store(f"p{number}", "new"))
        entry = await found(client, f"p{number}")
        assert (entry.response, entry.ttl, entry.expires_at) == ("new", None, None)


async def test_new_vector_does_not_bring_an_old_prompt_back(client):
    for number in range(20):
        stored = await client.store(f"p{number}", "r")
        await asyncio.gather(
            client.update(stored.entry_id, vector=None),
            client.update(stored.entry_id, prompt=f"q{number}"),
        )
        assert await found(client, f"p{number}", strategies=[Strategy.EXACT]) is None
        assert (await found(client, f"q{number}")).entry_id == stored.entry_id


async def test_delete_by_id_counts_what_was_there(client):
    stored = await client.store(QUESTION, "r")
    assert await client.delete(entry_ids=[stored.entry_id, "0" * 32]) == 1
    assert await client.delete(entry_ids=[stored.entry_id]) == 0
    assert await found(client, QUESTION, similarity_threshold=-1) is None


async def test_delete_by_attributes_removes_those_that_carry_all(client):
    for attributes in ({"a": "1", "b": "2"}, {"a": "1"}, {"b": "2"}):
        await client.store(QUESTION, "r", attributes=attributes)
    assert await client.delete(attributes={"a": "1", "b": "2"}) == 1
    assert await client.delete(filter=nearhit.attribute("a") == "1") == 1
    assert [entry.attributes for entry in await entries_of(client)] == [{"b": "2"}]


async def test_flush_empties_this_cache_and_no_other(client, cache_id, server_address):
    await client.store(QUESTION, "r")
    await client.create_cache(f"{cache_id}-2")
    async with nearhit.AsyncClient(server_address, cache=f"{cache_id}-2") as other:
        await other.store(QUESTION, "r")
        assert await client.flush() == 1
        assert await client.flush() == 0
        assert await found(client, QUESTION, similarity_threshold=-1) is None
        assert await found(other, QUESTION) is not None
    await client.store(QUESTION, "again")
    assert (await found(client, QUESTION)).response == "again"


async def test_list_pages_through_all_entries_the_longest_unchanged_first(client):
    prompts = [f"question number {number}" for number in range(25)]
    await client.store_many([nearhit.NewEntry(prompt, "r") for prompt in prompts])
    first = await entries_of(client, page_size=7)
    assert sorted(entry.prompt for entry in first) == sorted(prompts)
    await client.update(first[0].entry_id, response="changed")
    again = await entries_of(client, page_size=7)
    assert again[-1].entry_id == first[0].entry_id
    assert all(entry.vector is None for entry in again)


async def test_list_refuses_a_token_from_before_a_flush(client):
    await client.store_many([nearhit.NewEntry(str(number), "r") for number in range(3)])
    page = await client.list_entries_page(page_size=1)
    await client.flush()
    with pytest.raises(nearhit.InvalidArgumentError):
        await client.list_entries_page(page.next_page_token, page_size=1)


async def test_response_that_is_too_large_is_told_as_such(client):
    response = "x" * (1 << 20)
    prompts = [f"a prompt with number {number}" for number in range(40)]
    await client.store_many([nearhit.NewEntry(prompt, response) for prompt in prompts])
    with pytest.raises(nearhit.ResourceExhaustedError) as refused:
        await client.list_entries_page(page_size=100)
    assert refused.value.reason == "RESPONSE_TOO_LARGE"
    assert len((await client.list_entries_page(page_size=10)).entries) == 10


async def test_max_entries_lets_the_least_recently_used_go(client, cache_id):
    await client.update_cache(cache_id, max_entries=3)
    for prompt in ("one", "two", "three"):
        await client.store(prompt, prompt)
    # A hit is noted after its answer. That it also gives the entry an expiry tells when.
    await client.update_cache(cache_id, ttl_refresh_on_hit=True, default_ttl=timedelta(hours=1))
    assert await found(client, "one") is not None
    await until(partial(expires, client, "one"))
    await client.store("four", "four")
    left = {entry.prompt for entry in await entries_of(client)}
    assert left == {"one", "three", "four"}


async def test_lower_max_entries_takes_effect_at_once(client, cache_id):
    await client.store_many([nearhit.NewEntry(f"p{number}", "r") for number in range(6)])
    cache = await client.update_cache(cache_id, max_entries=2)
    assert cache.entry_count == 2
    assert [entry.prompt for entry in await entries_of(client)] == ["p4", "p5"]
