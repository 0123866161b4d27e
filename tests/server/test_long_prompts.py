"""Prompts past the model's window, and conversations that are cut to fit it."""

import pytest

import nearhit
from nearhit import ExactOnlyReason, LongPrompts, Strategy

LONG = "Please read this carefully, because the question comes at the end. " * 29


def best(outcome):
    assert isinstance(outcome, nearhit.Hit), outcome
    return outcome.matches[0]


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


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("What does 🦄 mean?", "What does 🐉 mean?"),
        ("ከተማ", "መጽሐፍ"),
        ("ราคาหุ้นวันนี้", "สวัสดีครับคุณ"),
    ],
)
async def test_prompts_that_differ_in_what_the_model_cannot_read_never_answer_for_each_other(
    client, stored, asked
):
    outcome = await client.store(stored, "r")
    assert outcome.exact_only_reason is ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS
    missed = await client.search(asked, similarity_threshold=-1)
    assert isinstance(missed, nearhit.Miss)
    assert missed.exact_only_reason is ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS
    assert best(await client.search(stored)).strategy is Strategy.EXACT
