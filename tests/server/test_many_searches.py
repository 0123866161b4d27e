"""Many searches at once, in one call or in many."""

import asyncio

import structlog.testing

import nearhit
from nearhit import Strategy

QUESTION = "How do I reset my password?"
PARAPHRASE = "how can I change a forgotten password"


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


async def test_identical_prompts_of_many_clients_share_an_embedding(client):
    with structlog.testing.capture_logs() as lines:
        await asyncio.gather(*(client.search("is water wet in winter?") for _ in range(64)))
    sizes = [line["texts"] for line in lines if line["event"] == "batch encoded"]
    # One, but for those who just missed both the batch and the memory.
    assert 1 <= sum(sizes) < 8


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
    # Not the confidences: a pair's last digits depend on what it shares a batch with.
    found, again = (
        [[match.entry for match in outcome.matches] for outcome in hits]
        for hits in (outcomes[1::2], expected)
    )
    assert found == again
