"""What a search finds, over real gRPC, with the real model."""

import asyncio
from datetime import timedelta

import numpy as np

import nearhit
from nearhit import Strategy

QUESTION = "How do I reset my password?"
PARAPHRASE = "how can I change a forgotten password"
NASTY = 'a,b|c "d" {e} *f* - ünï'


def best(outcome):
    assert isinstance(outcome, nearhit.Hit), outcome
    return outcome.matches[0]


async def test_search_hits_semantically_when_a_paraphrase_is_near_enough(client):
    await client.store(QUESTION, "Open Settings.")
    match = best(await client.search(PARAPHRASE, similarity_threshold=0.8))
    assert (match.entry.response, match.strategy) == ("Open Settings.", Strategy.SEMANTIC)
    assert 0.8 <= match.similarity < 1


async def test_search_misses_and_says_how_near_the_nearest_was(client):
    await client.store(QUESTION, "Open Settings.")
    outcome = await client.search("what is the capital of France")
    assert isinstance(outcome, nearhit.Miss)
    assert outcome.exact_only_reason is None
    assert -1 <= outcome.nearest_similarity < 0.3


async def test_search_misses_without_a_similarity_when_the_cache_is_empty(client):
    outcome = await client.search(QUESTION)
    assert outcome == nearhit.Miss(None, None, QUESTION)


async def test_search_hits_exactly_when_only_case_and_outer_spaces_differ(client):
    await client.store(QUESTION, "Open Settings.")
    match = best(await client.search("  HOW do i reset my PASSWORD? "))
    assert (match.similarity, match.strategy) == (1.0, Strategy.EXACT)
    assert match.entry.prompt == QUESTION


async def test_exact_search_prefers_the_same_case(client):
    await client.store("grep -I", "ignores binary files")
    await client.store("grep -i", "ignores case")
    await client.store("GREP -I", "shouts")
    assert best(await client.search("grep -I")).entry.response == "ignores binary files"
    assert best(await client.search("grep -i")).entry.response == "ignores case"
    assert best(await client.search("Grep -i")).entry.response == "shouts"


async def test_exact_search_keeps_compatibility_characters_apart(client):
    await client.store("10⁵", "100,000")
    await client.store("105", "a number")
    exact = [Strategy.EXACT]
    assert best(await client.search("10⁵", strategies=exact)).entry.response == "100,000"
    assert best(await client.search("105", strategies=exact)).entry.response == "a number"


async def test_threshold_is_inclusive(client):
    await client.store(QUESTION, "Open Settings.")
    outcome = await client.search(PARAPHRASE)
    again = await client.search(PARAPHRASE, similarity_threshold=outcome.nearest_similarity)
    assert best(again).similarity == outcome.nearest_similarity


async def test_strategies_are_tried_in_the_order_asked(client):
    await client.store(QUESTION, "Open Settings.")
    order = [Strategy.SEMANTIC, Strategy.EXACT]
    match = best(await client.search(QUESTION, strategies=order))
    assert (match.strategy, match.similarity) == (Strategy.SEMANTIC, 1.0)


async def test_exact_alone_does_not_look_for_neighbours(client):
    await client.store(QUESTION, "Open Settings.")
    outcome = await client.search(PARAPHRASE, strategies=[Strategy.EXACT], similarity_threshold=-1)
    assert outcome == nearhit.Miss(None, None, PARAPHRASE)


async def test_max_results_returns_the_nearest_first(client):
    for prompt in (QUESTION, "Reset a password", "Bake bread", "How to reset my password"):
        await client.store(prompt, prompt)
    hit = await client.search(
        PARAPHRASE, strategies=[Strategy.SEMANTIC], similarity_threshold=-1, max_results=3
    )
    similarities = [match.similarity for match in hit.matches]
    assert len(similarities) == 3
    assert similarities == sorted(similarities, reverse=True)
    assert "Bake bread" not in {match.entry.prompt for match in hit.matches}


async def test_caller_vector_is_used_for_the_semantic_step(client):
    vector = np.random.default_rng(1).normal(size=384).astype(np.float32)
    await client.store(QUESTION, "Open Settings.", vector=vector)
    match = best(await client.search(vector=vector * 7))
    assert (match.strategy, match.similarity) == (Strategy.SEMANTIC, 1.0)
    both = await client.search("something else entirely", vector=vector)
    assert best(both).similarity == 1.0


async def test_vectors_come_back_only_when_asked_for(client):
    vector = np.zeros(384)
    vector[3] = 2
    await client.store(QUESTION, "Open Settings.", vector=vector)
    assert best(await client.search(QUESTION)).entry.vector is None
    entry = best(await client.search(QUESTION, with_vectors=True)).entry
    assert list(entry.vector) == [1.0 if index == 3 else 0.0 for index in range(384)]


async def test_attributes_match_exactly_themselves(client):
    await client.store(QUESTION, "nasty", attributes={"tag": NASTY})
    await client.store(QUESTION, "plain", attributes={"tag": "a"})
    for search in (QUESTION, PARAPHRASE):
        hit = await client.search(search, similarity_threshold=0.8, attributes={"tag": NASTY})
        assert [match.entry.response for match in hit.matches] == ["nasty"]
    for almost in ("b", "a,b", NASTY + " ", NASTY.upper(), "*", "%"):
        outcome = await client.search(QUESTION, attributes={"tag": almost})
        assert isinstance(outcome, nearhit.Miss), almost


async def test_filter_narrows_both_strategies(client, cache_id):
    await client.update_cache(
        cache_id,
        attributes={"year": nearhit.AttributeType.NUMERIC, "title": nearhit.AttributeType.TEXT},
        allow_flush=True,
    )
    await client.store(QUESTION, "old", attributes={"year": "1999", "title": "The Red Car"})
    await client.store(QUESTION, "new", attributes={"year": "2026", "title": "a blue car"})
    year, title = nearhit.attribute("year"), nearhit.attribute("title")
    for prompt in (QUESTION, PARAPHRASE):
        for filter_, expected in (
            (year >= 2000, "new"),
            (year.between(1990, 2000), "old"),
            (title.matches("car RED"), "old"),
            (~(year < 2000), "new"),
            (title.matches("car") & (year == "1999"), "old"),
        ):
            hit = await client.search(prompt, filter=filter_, similarity_threshold=0.8)
            assert best(hit).entry.response == expected, (prompt, filter_)


async def test_search_does_not_see_another_cache(client, cache_id, server_address):
    await client.create_cache(f"{cache_id}x")
    async with nearhit.AsyncClient(server_address, cache=f"{cache_id}x") as other:
        await other.store(QUESTION, "not yours")
    assert isinstance(await client.search(QUESTION, similarity_threshold=-1), nearhit.Miss)


async def test_hit_renews_the_entry_when_the_cache_slides(client, cache_id):
    await client.update_cache(cache_id, ttl_refresh_on_hit=True, default_ttl=timedelta(hours=1))
    await client.store("own", "own", ttl=timedelta(minutes=1))
    await client.store("default", "default")
    for prompt, lifetime in (("own", timedelta(minutes=1)), ("default", timedelta(hours=1))):
        first = best(await client.search(prompt)).entry
        second = best(await client.search(prompt)).entry
        assert second.expires_at > first.expires_at
        assert second.expires_at - second.updated_at >= lifetime


async def test_expired_entry_is_a_miss(client):
    await client.store(QUESTION, "Open Settings.", ttl=timedelta(milliseconds=1))
    async with asyncio.timeout(5):
        while isinstance(await client.search(QUESTION), nearhit.Hit):
            pass
