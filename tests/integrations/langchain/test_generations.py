"""Answers as JSON, and back."""

import json

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, ChatMessage, ToolMessage
from langchain_core.outputs import (
    ChatGeneration,
    ChatGenerationChunk,
    Generation,
    GenerationChunk,
)
from langchain_core.prompts import PromptTemplate
from pydantic import BaseModel

from nearhit.integrations.langchain.generations import from_json, to_json

CALL = {"name": "weather", "args": {"town": "Olomouc"}, "id": "call-1", "type": "tool_call"}
USAGE = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}


@pytest.mark.parametrize(
    "generation",
    [
        Generation(text="plain", generation_info={"reason": "stop", "lc": 1}),
        GenerationChunk(text="a piece"),
        ChatGeneration(message=ChatMessage("any role", role="narrator")),
        ChatGeneration(message=AIMessage("", tool_calls=[CALL]), generation_info={"n": 2**70}),
        ChatGeneration(
            message=AIMessage(
                [{"type": "text", "text": "two"}, {"type": "text", "text": "blocks"}],
                usage_metadata=USAGE,
                response_metadata={"model_name": "m", "logprobs": [-0.5, float("-inf")]},
                name="bot",
                id="run-1",
            )
        ),
        ChatGenerationChunk(message=AIMessageChunk("a piece")),
        ChatGeneration(message=ToolMessage("18 °C", tool_call_id="call-1")),
        Generation(text="nul \0, čeština, 日本, 🦊, half a pair \ud83e"),
    ],
    ids=lambda generation: generation.text[:8] or "tools",
)
def test_generation_comes_back_equal(generation):
    text = to_json([generation])
    assert text.encode()
    (read,) = from_json(text)
    assert read == generation
    assert type(read) is type(generation)


def test_generations_come_back_in_order_when_there_are_several_or_none():
    several = [Generation(text=text) for text in "abc"]
    assert from_json(to_json(several)) == several
    assert from_json(to_json(tuple(several))) == several
    assert from_json(to_json([])) == []


def test_json_is_not_longer_than_the_text_in_utf8_needs():
    assert "ř日🦊" in to_json([Generation(text="ř日🦊")])


def test_parsed_model_of_a_message_comes_back_as_a_dict():
    class Town(BaseModel):
        name: str

    message = AIMessage("{}", additional_kwargs={"parsed": Town(name="Olomouc")})
    (read,) = from_json(to_json([ChatGeneration(message=message)]))
    assert read.message.additional_kwargs == {"parsed": {"name": "Olomouc"}}


def test_to_json_refuses_what_could_not_be_read_again():
    with pytest.raises(ValueError, match="cannot be"):
        to_json([Generation(text="a", generation_info={"client": object()})])
    itself: dict[str, object] = {}
    itself["self"] = itself
    with pytest.raises(ValueError, match="cannot be"):
        to_json([Generation(text="a", generation_info=itself)])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '["text"]',
        json.dumps([PromptTemplate.from_template("{x}").to_json()]),
        json.dumps([{"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {}}]),
        "[" * 100_000,
    ],
    ids=["empty", "object", "strings", "prompt", "module", "deep"],
)
def test_from_json_refuses_what_is_no_list_of_generations(text):
    with pytest.raises(ValueError, match=r"cannot be read|there (is|are)"):
        from_json(text)


def test_from_json_reads_no_secret_from_the_environment(monkeypatch):
    monkeypatch.setenv("A_SECRET", "hunter2")
    secret = {"lc": 1, "type": "secret", "id": ["A_SECRET"]}
    dumped = {**Generation(text="a").to_json(), "kwargs": {"text": "a", "generation_info": secret}}
    (read,) = from_json(json.dumps([dumped]))
    assert read.generation_info is None
