"""Real chat models of LangChain's with the caches behind them."""

import pytest
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, ChatMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

HELLO = [HumanMessage("Hello there.")]
CALL = {"name": "weather", "args": {"town": "Olomouc"}, "id": "call-1", "type": "tool_call"}
USAGE = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}


@pytest.fixture
def cache(make_cache):
    with make_cache() as cache:
        set_llm_cache(cache)
        yield cache
        set_llm_cache(None)


def two_answers():
    """A model that answers otherwise the second time."""
    return FakeListChatModel(responses=["first", "second"])


class Silent(FakeMessagesListChatModel):
    """A model that cannot stream."""


def test_model_is_asked_once(cache):
    model = two_answers()
    assert [model.invoke(HELLO).content for _ in range(3)] == ["first"] * 3
    assert model.invoke([HumanMessage("How do I bake bread?")]).content == "second"


async def test_model_is_asked_once_when_awaited(cache):
    model = two_answers()
    assert [(await model.ainvoke(HELLO)).content for _ in range(3)] == ["first"] * 3
    await cache.aclear()
    assert (await model.ainvoke(HELLO)).content == "second"
    await cache.aclose()


def test_models_and_options_never_answer_for_each_other(cache):
    models = [FakeListChatModel(responses=[name]) for name in ("one", "two")]
    models.append(models[0].bind(stop=["."]))
    assert [model.invoke(HELLO).content for model in models] == ["one", "two", "one"]
    assert [model.invoke(HELLO).content for model in models] == ["one", "two", "one"]
    assert FakeListLLM(responses=["three"]).invoke("Hello there.") == "three"


def test_plain_model_is_asked_once(cache):
    model = FakeListLLM(responses=["first", "second"])
    assert [model.invoke("Hello there.") for _ in range(2)] == ["first"] * 2


def test_chat_message_comes_back_equal(cache):
    told = ChatMessage("Once upon a time", role="narrator", additional_kwargs={"page": 1})
    model = FakeMessagesListChatModel(responses=[told, AIMessage("something else")])
    model.invoke(HELLO)
    second = model.invoke(HELLO)
    assert type(second) is ChatMessage
    # LangChain gives each run's message an id.
    assert second.model_copy(update={"id": told.id}) == told


def test_tool_calls_and_usage_come_back_equal(cache):
    called = AIMessage("", tool_calls=[CALL], usage_metadata=USAGE)
    model = FakeMessagesListChatModel(responses=[called, AIMessage("something else")])
    model.invoke(HELLO)
    second = model.invoke(HELLO)
    assert second.tool_calls == [CALL]
    # LangChain itself adds what a cached answer costs.
    assert second.usage_metadata == {**USAGE, "total_cost": 0}


def test_stream_gives_a_cached_answer_when_the_model_cannot_stream(cache):
    model = Silent(responses=[AIMessage("first"), AIMessage("second")])
    assert model.invoke(HELLO).content == "first"
    assert [chunk.content for chunk in model.stream(HELLO)] == ["first"]


async def test_astream_gives_a_cached_answer_when_the_model_cannot_stream(cache):
    model = Silent(responses=[AIMessage("first"), AIMessage("second")])
    assert (await model.ainvoke(HELLO)).content == "first"
    assert [chunk.content async for chunk in model.astream(HELLO)] == ["first"]
    await cache.aclose()


class StreamsAlways(FakeListChatModel):
    """A model that makes its answer of what it streams, also for invoke."""

    def _generate(self, messages, stop=None, run_manager=None, **kwargs) -> ChatResult:
        pieces = list(self._stream(messages, stop, run_manager, **kwargs))
        whole = sum(pieces[1:], pieces[0])
        assert isinstance(whole, ChatGenerationChunk)
        return ChatResult(generations=[whole])


def test_streamed_answer_is_cached_and_streaming_goes_on_beside_it(cache):
    model = StreamsAlways(responses=["first", "second", "third"])
    assert [model.invoke(HELLO).content for _ in range(2)] == ["first"] * 2
    # LangChain asks no cache to stream where the model can.
    assert "".join(chunk.content for chunk in model.stream(HELLO)) == "second"
    assert model.invoke(HELLO).content == "first"


async def test_cache_serves_blocking_and_awaited_calls_at_once(cache):
    model = two_answers()
    assert model.invoke(HELLO).content == "first"
    assert (await model.ainvoke(HELLO)).content == "first"
    assert await model.abatch([HELLO] * 3) == model.batch([HELLO] * 3)
    await cache.aclose()
