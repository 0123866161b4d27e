"""What a search finds, over real gRPC, with the real model."""

import asyncio
from datetime import timedelta

import numpy as np
import structlog.testing

import nearhit
from nearhit import ExactOnlyReason, LongPrompts, Strategy

QUESTION = "How do I reset my password?"
PARAPHRASE = "how can I change a forgotten password"
LONG = "Please read this carefully, because the question comes at the end. " * 29
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


async def test_long_prompts_that_differ_at_the_end_never_answer_for_each_other(client):
    first, second = LONG + "What is the capital of France?", LONG + "How do I bake bread?"
    assert len(first) > 1_900
    for prompt in (first, second):
        stored = await client.store(prompt, prompt[-30:])
        assert stored.exact_only_reason is ExactOnlyReason.PROMPT_EXCEEDS_WINDOW
    for prompt in (first, second):
        match = best(await client.search(prompt))
        assert (match.strategy, match.entry.response) == (Strategy.EXACT, prompt[-30:])
    outcome = await client.search(LONG + "Who was Ada Lovelace?", similarity_threshold=-1)
    assert isinstance(outcome, nearhit.Miss)
    assert outcome.nearest_similarity is None
    assert outcome.exact_only_reason is ExactOnlyReason.PROMPT_EXCEEDS_WINDOW


async def test_long_prompts_are_cut_when_the_cache_says_so(client, cache_id):
    await client.update_cache(cache_id, long_prompts=LongPrompts.TRUNCATE)
    stored = await client.store(LONG + "What is the capital of France?", "Paris")
    assert stored.exact_only_reason is None
    match = best(await client.search(LONG + "How do I bake bread?"))
    assert (match.strategy, match.similarity) == (Strategy.SEMANTIC, 1.0)


async def test_a_cut_vector_does_not_leak_into_a_cache_that_does_not_cut(
    client, cache_id, server_address
):
    prompt = LONG + "What is the capital of Peru?"
    cutting = f"{cache_id}-cut"
    await client.create_cache(cutting, long_prompts=LongPrompts.TRUNCATE)
    async with nearhit.AsyncClient(server_address, cache=cutting) as other:
        await other.store(prompt, "Lima")
    assert (await client.search(prompt)).exact_only_reason is not None


async def test_context_makes_the_effective_prompt_that_is_stored_and_found(client):
    context = ["I want to go to Lisbon.", "Nice! When?"]
    asked = await client.search("In June.", context=context)
    assert asked.effective_prompt == "I want to go to Lisbon.\nNice! When?\nIn June."
    await client.store(asked.effective_prompt, "Take a hat.")
    assert best(await client.search("In June.", context=context)).entry.response == "Take a hat."
    assert isinstance(await client.search("In June."), nearhit.Miss)


async def test_context_is_cut_from_its_oldest_end_to_fit_the_window(client):
    turns = [f"turn {number} " + "word " * 60 for number in range(8)]
    outcome = await client.search("And now?", context=turns)
    kept = outcome.effective_prompt.split("\n")
    assert kept == [*turns[-len(kept) + 1 :], "And now?"]
    assert 2 <= len(kept) < len(turns)
    assert outcome.exact_only_reason is None


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


async def test_search_many_gives_each_query_its_own_outcome(client):
    await client.store(QUESTION, "Open Settings.")
    outcomes = await client.search_many(
        [
            QUESTION,
            nearhit.Query(PARAPHRASE, similarity_threshold=0.8),
            "",
            "what is the capital of France",
            nearhit.Query(QUESTION, vector=[1.0, 2.0]),
        ]
    )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [
        nearhit.Hit,
        nearhit.Hit,
        nearhit.InvalidArgumentError,
        nearhit.Miss,
        nearhit.FailedPreconditionError,
    ]
    assert outcomes[2].field_violations[0].field == "prompt"


async def test_distinct_prompts_of_many_clients_form_batches(client):
    prompts = [f"what is the meaning of the number {number}?" for number in range(64)]
    with structlog.testing.capture_logs() as lines:
        await asyncio.gather(*(client.search(prompt) for prompt in prompts))
    sizes = [line["texts"] for line in lines if line["event"] == "batch encoded"]
    assert sum(sizes) == len(prompts)
    assert sum(sizes) / len(sizes) > 4


async def test_identical_prompts_of_many_clients_are_embedded_once(client):
    with structlog.testing.capture_logs() as lines:
        await asyncio.gather(*(client.search("is water wet in winter?") for _ in range(64)))
    sizes = [line["texts"] for line in lines if line["event"] == "batch encoded"]
    assert sizes == [1]


async def test_cancelling_half_of_the_searches_leaves_the_rest_correct(client):
    prompts = [f"how do I cook dish number {number}?" for number in range(32)]
    await client.store_many([nearhit.NewEntry(prompt, prompt) for prompt in prompts])
    semantic = [Strategy.SEMANTIC]
    searches = [
        asyncio.create_task(
            client.search(
                prompt + " please", strategies=semantic, max_results=1, similarity_threshold=0.5
            )
        )
        for prompt in prompts
    ]
    await asyncio.sleep(0)
    for search in searches[::2]:
        search.cancel()
    outcomes = await asyncio.gather(*searches, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
    expected = [
        await client.search(p + " please", strategies=semantic, similarity_threshold=0.5)
        for p in prompts[1::2]
    ]
    assert outcomes[1::2] == expected
