"""What of a prompt is compared by meaning."""

import pytest
from langchain_core.load import dumps
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from nearhit.integrations.langchain.prompts import digest, question_in

RULES = SystemMessage("Answer in one word.")
ASKED = HumanMessage("What is the capital of France?")
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CALL = {"name": "weather", "args": {}, "id": "call-1", "type": "tool_call"}


def question(*messages, max_characters=1_000):
    return question_in(dumps(list(messages)), max_characters=max_characters)


def test_question_is_the_whole_of_a_plain_prompt():
    for text in ("Who wrote Faust?", "42", "[INST] hello", ' "quoted"'):
        found = question_in(text, max_characters=1_000)
        assert (found.text, found.rest) == (text, None)


def test_question_is_the_text_of_the_last_human_message():
    assert question(RULES, HumanMessage("Hi"), AIMessage("Hello"), ASKED).text == ASKED.content
    blocks = HumanMessage([{"type": "text", "text": "What is "}, "this?"])
    assert question(blocks).text == "What is this?"


@pytest.mark.parametrize(
    "messages",
    [
        [ASKED],
        [SystemMessage("Answer in two words."), ASKED],
        [RULES, RULES, ASKED],
        [HumanMessage("Answer in one word."), ASKED],
        [RULES, AIMessage("Paris"), ASKED],
        [RULES, HumanMessage(ASKED.content, name="eve")],
        [RULES, HumanMessage(ASKED.content, additional_kwargs={"seed": 1})],
        [RULES, HumanMessage([IMAGE]), AIMessage("A cat."), ASKED],
        [RULES, AIMessage("", tool_calls=[CALL]), ToolMessage("18", tool_call_id="call-1"), ASKED],
    ],
    ids=["no-rules", "rules", "twice", "role", "turn", "name", "options", "image", "tools"],
)
def test_rest_differs_when_anything_but_the_last_text_does(messages):
    other = question(*messages)
    assert other.text == ASKED.content
    assert other.rest != question(RULES, ASKED).rest


def test_rest_is_the_same_when_only_the_last_text_differs():
    one, other = question(RULES, ASKED), question(RULES, HumanMessage("And of Italy?"))
    assert one.rest == other.rest
    assert digest(one.rest) == digest(other.rest)


@pytest.mark.parametrize(
    "messages",
    [
        [HumanMessage([{"type": "text", "text": "What is this?"}, IMAGE])],
        [HumanMessage([{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}])],
        [HumanMessage([])],
        [ASKED, AIMessage("Paris")],
        [ASKED, ToolMessage("18", tool_call_id="call-1")],
        [ChatMessage("Hi", role="user")],
        [HumanMessage(" \n")],
        [HumanMessage("nul \0")],
        [HumanMessage("half a pair \ud83e")],
        [HumanMessage("long " * 201)],
        [],
    ],
    ids=lambda messages: type(messages[-1]).__name__ if messages else "none",
)
def test_no_question_when_it_is_not_the_text_of_a_human(messages):
    assert question(*messages) is None


@pytest.mark.parametrize("prompt", ["", "[]", '{"a": 1}', '["a"]', "[" * 100_000, "9" * 5_000])
def test_no_question_in_json_that_is_no_chat_nor_in_nothing(prompt):
    assert question_in(prompt, max_characters=1_000) is None


def test_digest_keeps_parts_apart_whatever_they_hold():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest('a", "b') != digest("a", "b")
    assert digest("\ud83e") != digest("\ud83d")
    assert digest("a") != digest("A")
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
