"""NearhitSemanticCache: what answers for what."""

import asyncio

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.outputs import Generation

import nearhit
from nearhit.integrations.langchain import NearhitSemanticCache

ASKED = "What is the capital of France?"
ALIKE = "What's France's capital?"
OTHER = "How do I bake bread?"
PARIS = [Generation(text="Paris")]
ENOUGH_SECONDS = 20.0
LONG_RULES = SystemMessage("You answer questions about geography, politely and in one word. " * 3)
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


class Letters(Embeddings):
    """Embeds by how often each letter occurs, which needs no model, and counts its calls."""

    def __init__(self, model="letters"):
        self.model = model
        self.calls = []

    def embed_documents(self, texts):
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text):
        self.calls.append(("blocking", text))
        return [0.1 + text.lower().count(chr(letter)) for letter in range(ord("a"), ord("z") + 1)]

    async def aembed_query(self, text):
        vector = self.embed_query(text)
        self.calls[-1] = ("async", text)
        return vector


@pytest.fixture
def make(target, cache_id):
    return lambda **options: NearhitSemanticCache(
        target, **{"cache": cache_id, "similarity_threshold": 0.8, **options}
    )


def chat(*messages):
    return dumps([*messages[:-1], HumanMessage(messages[-1])])


async def test_prompt_of_the_same_meaning_is_answered(make):
    async with make() as cache:
        await cache.aupdate(ASKED, "llm", PARIS)
        assert await cache.alookup(ALIKE, "llm") == PARIS
        assert await cache.alookup(OTHER, "llm") is None
        assert await cache.alookup(ALIKE, "another") is None
        # The same words from a model of the other kind: a chat is not a plain prompt.
        assert await cache.alookup(chat(ASKED), "llm") is None


async def test_chat_is_compared_by_its_last_message_alone(make):
    async with make() as cache:
        await cache.aupdate(chat(LONG_RULES, ASKED), "llm", PARIS)
        assert await cache.alookup(chat(LONG_RULES, ALIKE), "llm") == PARIS
        # The rules are most of the text, and the same: that must not make up for the question.
        assert await cache.alookup(chat(LONG_RULES, OTHER), "llm") is None
        assert await cache.alookup(chat(LONG_RULES, "What is the capital of Peru?"), "llm") is None
        assert await cache.alookup(chat(SystemMessage("Be rude."), ASKED), "llm") is None
        assert await cache.alookup(chat(ASKED), "llm") is None


async def test_earlier_turns_have_to_be_the_same(make):
    france, peru = (HumanMessage(f"Tell me of {name}.") for name in ("France", "Peru"))
    told = AIMessage("It is a country.")
    async with make() as cache:
        await cache.aupdate(chat(france, told, "And its capital?"), "llm", PARIS)
        assert await cache.alookup(chat(france, told, "and its capital"), "llm") == PARIS
        assert await cache.alookup(chat(peru, told, "And its capital?"), "llm") is None


async def test_what_is_not_text_is_answered_only_as_it_was(make, target, cache_id):
    shown = dumps([HumanMessage([{"type": "text", "text": ASKED}, IMAGE])])
    alike = dumps([HumanMessage([{"type": "text", "text": ALIKE}, IMAGE])])
    long = "Read this: " + "word " * 2_000 + ASKED
    async with make() as cache, nearhit.AsyncClient(target, cache=f"{cache_id}-exact") as client:
        for prompt in (shown, long, "", "\ud83e", '{"json": "no chat"}'):
            assert await cache.alookup(prompt, "llm") is None
            await cache.aupdate(prompt, "llm", [Generation(text=f"of {len(prompt)}")])
            assert await cache.alookup(prompt, "llm") == [Generation(text=f"of {len(prompt)}")]
        assert await cache.alookup(alike, "llm") is None
        assert await cache.alookup(long + " ", "llm") is None
        assert (await client.get_cache()).entry_count == 5
        await cache.aclear()
        assert await cache.alookup(shown, "llm") is None


async def test_prompt_past_the_models_window_is_answered_only_as_it_was(make):
    long = "Read this carefully, because the question comes at the end. " * 40
    async with make() as cache:
        await cache.aupdate(long + ASKED, "llm", PARIS)
        assert await cache.alookup(long + ASKED, "llm") == PARIS
        assert await cache.alookup(long + OTHER, "llm") is None


async def test_thresholds_mean_the_same_by_each_of_their_names(make):
    async with make() as cache:
        await cache.aupdate(ASKED, "llm", PARIS)
    for options, answer in [
        ({"similarity_threshold": 0.8}, PARIS),
        ({"similarity_threshold": None, "distance_threshold": 0.2}, PARIS),
        ({"similarity_threshold": None, "score_threshold": 0.2}, PARIS),
        ({"similarity_threshold": 0.99}, None),
        ({"similarity_threshold": None, "distance_threshold": 0.01}, None),
        ({"similarity_threshold": None, "distance_threshold": 0}, None),
    ]:
        async with make(**options) as cache:
            assert await cache.alookup(ALIKE, "llm") == answer, options


@pytest.mark.parametrize(
    "options",
    [
        {"similarity_threshold": 1.1},
        {"similarity_threshold": -1.1},
        {"distance_threshold": -0.1},
        {"distance_threshold": 2.1},
        {"score_threshold": float("nan")},
        {"similarity_threshold": 0.9, "distance_threshold": 0.1},
    ],
    ids=str,
)
def test_impossible_thresholds_are_refused(options):
    with pytest.raises(ValueError, match=r"threshold|between"):
        NearhitSemanticCache(**options)


async def test_vectors_come_from_the_embeddings_that_are_given(make, target, cache_id):
    letters = Letters()
    async with make(embeddings=letters) as cache, nearhit.AsyncClient(target) as client:
        assert await cache.alookup("a bc", "llm") is None
        await cache.aupdate("a bc", "llm", PARIS)
        assert await cache.alookup("c ab", "llm") == PARIS
        assert await cache.alookup("xyz", "llm") is None
        assert {way for way, _ in letters.calls} == {"async"}
        made = await client.get_cache(cache_id)
        assert (made.model, made.dimension) == ("", 26)


def test_embeddings_block_when_the_caller_does(make):
    letters = Letters()
    with make(embeddings=letters) as cache:
        cache.update("a bc", "llm", PARIS)
        assert cache.lookup("c ab", "llm") == PARIS
        assert {way for way, _ in letters.calls} == {"blocking"}


async def test_repeated_prompt_costs_no_embedding(make):
    letters = Letters()
    async with make(embeddings=letters) as cache:
        await cache.aupdate("a bc", "llm", PARIS)
        letters.calls.clear()
        assert await cache.alookup("a bc", "llm") == PARIS
        assert letters.calls == []


async def test_text_longer_than_embeddings_read_is_answered_only_as_it_was(make):
    letters = Letters()
    async with make(embeddings=letters) as cache:
        await cache.aupdate("a" * 1_001, "llm", PARIS)
        assert await cache.alookup("a" * 1_002, "llm") is None
        assert await cache.alookup("a" * 1_001, "llm") == PARIS
        assert letters.calls == []
    async with make(embeddings=letters, max_characters=2_000) as cache:
        await cache.aupdate("a" * 1_001, "llm", PARIS)
        assert await cache.alookup("a" * 1_002, "llm") == PARIS


async def test_vectors_of_other_embeddings_are_never_compared(make):
    async with make(embeddings=Letters("one")) as one, make(embeddings=Letters("two")) as two:
        await one.aupdate("a bc", "llm", PARIS)
        assert await two.alookup("c ab", "llm") is None


async def test_cache_that_cannot_serve_is_refused(make, target, cache_id):
    async with nearhit.AsyncClient(target) as client:
        await client.create_cache(cache_id, strategies=["exact"])
        async with make() as cache:
            with pytest.raises(ValueError, match="does not search by similarity"):
                await cache.alookup(ASKED, "llm")
        await client.create_cache(f"{cache_id}-model")
        async with make(
            cache=f"{cache_id}-model", embeddings=DeterministicFakeEmbedding(size=384)
        ) as cache:
            with pytest.raises(ValueError, match="has the model"):
                await cache.alookup(ASKED, "llm")
        await client.create_cache(f"{cache_id}-vectors", dimension=384)
        async with make(cache=f"{cache_id}-vectors") as cache:
            with pytest.raises(ValueError, match="has no model"):
                await cache.alookup(ASKED, "llm")


class Broken(Letters):
    def embed_query(self, text):
        raise ConnectionError("no embeddings today")


async def test_failing_embeddings_are_an_error_or_a_miss(make):
    async with make(embeddings=Broken()) as cache:
        with pytest.raises(nearhit.UnavailableError, match="ConnectionError"):
            await cache.alookup(ASKED, "llm")
    async with make(embeddings=Broken(), on_error="miss") as cache:
        assert await cache.alookup(ASKED, "llm") is None


async def test_message_of_failing_embeddings_is_not_logged(make, caplog):
    async with make(embeddings=Broken(), on_error="miss") as cache:
        assert await cache.alookup(ASKED, "llm") is None
    assert "ConnectionError" in caplog.text
    assert "today" not in caplog.text


class Hanging(Letters):
    async def aembed_query(self, text):
        await asyncio.Event().wait()


async def test_hanging_embeddings_cost_the_timeout_at_most(make, target, cache_id):
    async with nearhit.AsyncClient(target) as client:
        await client.create_cache(cache_id, dimension=26)
    async with asyncio.timeout(ENOUGH_SECONDS):
        async with make(embeddings=Hanging(), timeout=0.5) as cache:
            with pytest.raises(nearhit.DeadlineExceededError, match="embeddings"):
                await cache.alookup(ASKED, "llm")
        async with make(embeddings=Hanging(), timeout=0.5, on_error="miss") as cache:
            assert await cache.alookup(ASKED, "llm") is None
