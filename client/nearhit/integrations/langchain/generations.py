"""A model's answers as JSON, and back."""

import json
from collections.abc import Sequence
from typing import Final

from langchain_core._api import suppress_langchain_beta_warning
from langchain_core.load import dumpd, load
from langchain_core.load.serializable import Serializable
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
    ToolMessageChunk,
)
from langchain_core.outputs import (
    ChatGeneration,
    ChatGenerationChunk,
    Generation,
    GenerationChunk,
)

from nearhit.integrations.langchain.prompts import has_utf8

# Others may write to the server too, so nothing is made of what it sends that could do
# anything: LangChain's own default allows prompts, loaders and more.
_ALLOWED: Final[tuple[type[Serializable], ...]] = (
    *(Generation, GenerationChunk, ChatGeneration, ChatGenerationChunk),
    *(AIMessage, AIMessageChunk, HumanMessage, HumanMessageChunk),
    *(SystemMessage, SystemMessageChunk, ToolMessage, ToolMessageChunk),
    *(ChatMessage, ChatMessageChunk, FunctionMessage, FunctionMessageChunk),
)

# `load` says once in a process that it is in beta, to people who have not called it.
with suppress_langchain_beta_warning():
    load({}, allowed_objects=[])


def to_json(generations: Sequence[Generation]) -> str:
    """The generations as JSON that `from_json` can read.

    Raises ValueError if there is something in them that cannot be read again.
    """
    try:
        dumped = [dumpd(generation) for generation in generations]
        text = json.dumps(dumped, ensure_ascii=False)
        if not has_utf8(text):
            text = json.dumps(dumped)
    except (TypeError, ValueError, RecursionError) as error:
        # Never its message, which may show the answer.
        raise ValueError(f"the generations cannot be JSON ({type(error).__name__})") from error
    from_json(text)
    return text


def from_json(text: str) -> list[Generation]:
    """The generations of `to_json`. Raises ValueError if they cannot be read."""
    try:
        generations = load(json.loads(text), allowed_objects=_ALLOWED, secrets_from_env=False)
    except Exception as error:
        # Constructors run, of this LangChain on what another has written.
        raise ValueError(f"the generations cannot be read ({type(error).__name__})") from error
    if not isinstance(generations, list):
        raise ValueError("there is no list of generations")
    if not all(isinstance(generation, Generation) for generation in generations):
        raise ValueError("there are other things than generations")
    return generations
