"""Every method of LangCache's SDK for Python, on both stores."""

import asyncio
from datetime import timedelta

import pytest
from langcache import LangCache, errors
from langcache.models import SearchStrategy

from nearhit import Strategy, Verification
from polling import until
from sdks.servers import url_of
from server.keys.keyed_servers import BOOT_KEY

QUESTION = "How do I reset my password?"
PARAPHRASE = "I forgot my password, how do I reset it?"
OTHER_QUESTION = "What is the capital of France?"
ANSWER = "Open Settings, then Security. — „Ünïcödé“ 🔑"

EXACT, SEMANTIC = SearchStrategy.EXACT, SearchStrategy.SEMANTIC


async def responses(sdk, prompt, **options):
    return [entry.response for entry in (await sdk.search(prompt=prompt, **options)).data]


async def test_sdk_works_as_its_documentation_makes_it(servers, client, cache_id):
    def ask():
        with LangCache(url_of(servers), cache_id=cache_id, api_key=BOOT_KEY) as sdk:
            sdk.set(prompt=QUESTION, response=ANSWER)
            return sdk.search(prompt=QUESTION)

    assert (await asyncio.to_thread(ask)).data[0].response == ANSWER
    async with LangCache(url_of(servers), cache_id=cache_id, api_key=BOOT_KEY) as sdk:
        assert (await sdk.search_async(prompt=QUESTION)).data[0].response == ANSWER


async def test_search_misses_when_nothing_near_was_stored(sdk):
    assert (await sdk.search(prompt=QUESTION)).data == []
    await sdk.set(prompt=QUESTION, response=ANSWER)
    assert (await sdk.search(prompt=OTHER_QUESTION)).data == []


async def test_search_hits_when_the_question_was_stored_in_other_words(sdk):
    entry_id = (await sdk.set(prompt=QUESTION, response=ANSWER)).entry_id
    (entry,) = (await sdk.search(prompt=PARAPHRASE)).data
    assert (entry.id, entry.prompt, entry.response) == (entry_id, QUESTION, ANSWER)
    assert (entry.attributes, entry.search_strategy) == ({}, SEMANTIC)
    assert 0.9 < entry.similarity < 1


async def test_search_is_semantic_unless_it_says_else_whatever_the_cache_does(
    sdk, client, cache_id
):
    await client.update_cache(cache_id, strategies=[Strategy.EXACT, Strategy.SEMANTIC])
    await sdk.set(prompt=QUESTION, response=ANSWER)
    (entry,) = (await sdk.search(prompt=QUESTION)).data
    assert (entry.search_strategy, entry.similarity) == (SEMANTIC, 1.0)


@pytest.mark.parametrize("first", list(SearchStrategy))
async def test_search_tries_strategies_in_the_order_given(sdk, first):
    await sdk.set(prompt=QUESTION, response=ANSWER)
    order = sorted(SearchStrategy, key=lambda strategy: strategy != first)
    (entry,) = (await sdk.search(prompt=QUESTION, search_strategies=order)).data
    assert entry.search_strategy is first


async def test_search_goes_on_to_the_second_strategy_when_the_first_finds_nothing(sdk):
    await sdk.set(prompt=QUESTION, response=ANSWER)
    (entry,) = (await sdk.search(prompt=PARAPHRASE, search_strategies=[EXACT, SEMANTIC])).data
    assert entry.search_strategy is SEMANTIC
    assert await responses(sdk, PARAPHRASE, search_strategies=[EXACT]) == []


async def test_exact_search_ignores_case(sdk):
    await sdk.set(prompt=QUESTION, response=ANSWER)
    (entry,) = (await sdk.search(prompt=QUESTION.upper(), search_strategies=[EXACT])).data
    assert (entry.prompt, entry.similarity) == (QUESTION, 1.0)


async def test_search_takes_its_threshold_before_the_caches(sdk, client, cache_id):
    await sdk.set(prompt=QUESTION, response=ANSWER)
    assert await responses(sdk, PARAPHRASE, similarity_threshold=0.99) == []
    await client.update_cache(cache_id, similarity_threshold=0.99)
    assert await responses(sdk, PARAPHRASE) == []
    assert await responses(sdk, PARAPHRASE, similarity_threshold=0.9) == [ANSWER]


async def test_search_finds_only_what_carries_every_attribute(sdk):
    await sdk.set(prompt=QUESTION, response="a", attributes={"lang": "en", "tier": "free"})
    await sdk.set(prompt=QUESTION, response="b", attributes={"lang": "en", "tier": "paid"})
    paid = {"lang": "en", "tier": "paid"}
    (entry,) = (await sdk.search(prompt=PARAPHRASE, attributes=paid, max_results=9)).data
    assert (entry.response, entry.attributes) == ("b", paid)
    assert await responses(sdk, PARAPHRASE, attributes={"lang": "de"}) == []


async def test_search_returns_one_result_unless_it_asks_for_more(sdk, client):
    # Verified, the last of these would not answer.
    await client.update_cache(client.cache, verification=Verification.OFF)
    for prompt in (QUESTION, "How can I reset a password?", OTHER_QUESTION):
        await sdk.set(prompt=prompt, response=prompt)
    assert await responses(sdk, QUESTION) == [QUESTION]
    found = (await sdk.search(prompt=QUESTION, similarity_threshold=0, max_results=3)).data
    assert [entry.prompt for entry in found][::2] == [QUESTION, OTHER_QUESTION]
    assert [entry.similarity for entry in found] == sorted(
        (entry.similarity for entry in found), reverse=True
    )


async def test_conversational_search_finds_by_what_was_said_before(sdk):
    entry_id = (await sdk.set(prompt=QUESTION, response=ANSWER)).entry_id
    follow_up = "How do I reset it?"
    assert (await sdk.conversational_search(prompt=follow_up)).data == []
    found = await sdk.conversational_search(prompt=follow_up, context=["I forgot my password."])
    assert [entry.id for entry in found.data] == [entry_id]
    assert found.actual_prompt == "I forgot my password.\nHow do I reset it?"


async def test_conversational_search_takes_the_options_of_a_search(sdk):
    attributes = {"lang": "en"}
    await sdk.set(prompt=QUESTION, response=ANSWER, attributes=attributes)
    found = await sdk.conversational_search(
        prompt=QUESTION.upper(),
        context=[],
        similarity_threshold=1.0,
        search_strategies=[EXACT, SEMANTIC],
        attributes=attributes,
        max_results=5,
    )
    assert found.actual_prompt == QUESTION.upper()
    assert [entry.search_strategy for entry in found.data] == [EXACT]


async def test_set_replaces_the_entry_of_the_same_prompt_and_attributes(sdk):
    attributes = {"lang": "en"}
    first = await sdk.set(prompt=QUESTION, response="old", attributes=attributes)
    second = await sdk.set(prompt=QUESTION, response="new", attributes=attributes)
    other = await sdk.set(prompt=QUESTION, response="other")
    assert first.entry_id == second.entry_id != other.entry_id
    assert await responses(sdk, QUESTION, attributes=attributes, max_results=9) == ["new"]


async def test_entry_expires_when_its_time_is_up_and_no_earlier(sdk, client):
    await sdk.set(prompt=QUESTION, response="short", ttl_millis=1)
    await sdk.set(prompt=OTHER_QUESTION, response="long", ttl_millis=3_600_000)

    async def short_one_has_gone():
        return await responses(sdk, QUESTION) == []

    await until(short_one_has_gone)
    assert await responses(sdk, OTHER_QUESTION) == ["long"]
    (match,) = (await client.search(OTHER_QUESTION)).matches
    assert match.entry.ttl == timedelta(hours=1)


async def test_delete_by_id_removes_that_entry_alone(sdk):
    stored = await sdk.set(prompt=QUESTION, response="a")
    await sdk.set(prompt=OTHER_QUESTION, response="b")
    assert await sdk.delete_by_id(entry_id=stored.entry_id) is None
    assert await responses(sdk, QUESTION) == []
    assert await responses(sdk, OTHER_QUESTION) == ["b"]
    with pytest.raises(errors.NotFoundErrorResponseContent):
        await sdk.delete_by_id(entry_id=stored.entry_id)


async def test_delete_query_removes_what_carries_every_attribute(sdk):
    for tier in ("free", "paid"):
        for prompt in (QUESTION, OTHER_QUESTION):
            attributes = {"lang": "en", "tier": tier}
            await sdk.set(prompt=prompt, response=tier, attributes=attributes)
    deleted = await sdk.delete_query(attributes={"lang": "en", "tier": "free"})
    assert deleted.deleted_entries_count == 2
    assert await responses(sdk, QUESTION, max_results=9) == ["paid"]
    assert (await sdk.delete_query(attributes={"lang": "de"})).deleted_entries_count == 0


async def test_flush_empties_the_cache(sdk):
    await sdk.set(prompt=QUESTION, response="a")
    await sdk.set(prompt=OTHER_QUESTION, response="b")
    assert await sdk.flush() is None
    assert await responses(sdk, QUESTION) == []
    assert await responses(sdk, OTHER_QUESTION) == []


async def test_calls_that_overlap_each_get_their_own_answer(sdk):
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    exact = [SearchStrategy.EXACT]
    await asyncio.gather(*(sdk.set(prompt=word, response=f"{word}!") for word in words))
    found = await asyncio.gather(*(responses(sdk, word, search_strategies=exact) for word in words))
    assert found == [[f"{word}!"] for word in words]
