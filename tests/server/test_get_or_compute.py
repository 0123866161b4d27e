"""get_or_compute and the decorator over a real server, on both stores."""

from datetime import timedelta

import nearhit


class Llm:
    """Notes what it is asked."""

    def __init__(self):
        self.asked = []

    async def __call__(self, prompt):
        self.asked.append(prompt)
        return f"answer {len(self.asked)}"


async def test_paraphrase_is_answered_by_the_cache(client):
    llm = Llm()
    question = "how can I change a forgotten password"

    first = await client.get_or_compute("How do I reset my password?", llm)
    again = await client.get_or_compute(question, llm, similarity_threshold=0.8)

    assert first == again == "answer 1"
    assert llm.asked == ["How do I reset my password?"]


async def test_conversation_is_answered_by_the_cache_when_it_is_the_same(client):
    llm = Llm()
    options = {"strategies": [nearhit.Strategy.EXACT]}

    for context in (["I want a red bicycle."], ["I want a red bicycle."], ["I want a piano."]):
        await client.get_or_compute("How much is it?", llm, context=context, **options)

    assert llm.asked == ["How much is it?"] * 2


async def test_answers_with_other_attributes_are_computed(client):
    llm = Llm()

    answers = [
        await client.get_or_compute("a question", llm, attributes={"model": model})
        for model in ("small", "large", "small")
    ]

    assert answers == ["answer 1", "answer 2", "answer 1"]


async def test_computed_answer_lives_as_long_as_asked(client):
    await client.get_or_compute("a question", Llm(), ttl=timedelta(hours=1))

    (entry,) = [entry async for entry in client.list_entries()]
    assert entry.ttl == timedelta(hours=1)


async def test_prompt_that_the_server_refuses_is_computed(client):
    llm = Llm()

    assert await client.get_or_compute("long " * 10_000, llm) == "answer 1"
    assert await client.get_or_compute("", llm) == "answer 2"


async def test_decorated_function_is_asked_once(client):
    asked = []

    @nearhit.cached(client)
    async def capital(country: str) -> str:
        asked.append(country)
        return f"the capital of {country}"

    assert await capital("France") == await capital("France") == "the capital of France"
    assert asked == ["France"]
