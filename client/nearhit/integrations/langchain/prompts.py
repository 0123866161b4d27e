"""What LangChain asks with: how it is named, and what of it can be compared by meaning."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

MAX_PROMPT_CHARACTERS: Final = 8_192
"""The longest prompt that a server takes by default."""


def digest(*parts: Any) -> str:
    """64 hexadecimal digits for some JSON values, whatever characters they hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Question:
    """A prompt in two parts: `text` is compared by meaning, and `rest`, JSON, by equality."""

    text: str
    rest: Any


def question_in(prompt: str, *, max_characters: int) -> Question | None:
    """The question in a prompt, None if it can only be compared as a whole.

    Of a chat it is the text of the last message, if that is from a human and has no other
    content: one embedding of everything would be much the same for any two questions after
    the same instructions. Of a plain prompt it is the prompt.
    """
    question = _question_in(prompt)
    if question is None or not _is_comparable(question.text, max_characters):
        return None
    return question


def _question_in(prompt: str) -> Question | None:
    try:
        parsed = json.loads(prompt)
    except json.JSONDecodeError:
        return Question(prompt, None)
    except (ValueError, RecursionError):
        return None
    match parsed:
        case [
            *earlier,
            {
                "lc": 1,
                "type": "constructor",
                "id": [*_, "HumanMessage"],
                "kwargs": {"content": content, **options},
            },
        ]:
            text = _text_of(content)
            return None if text is None else Question(text, [earlier, options])
        case list() | dict():
            # No chat as we know it, and the meaning of JSON is not in its text.
            return None
    return Question(prompt, None)


def _text_of(content: object) -> str | None:
    """The text of a message's content, None if there is anything else in it."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    blocks = [_text_of_block(block) for block in content]
    texts = [text for text in blocks if text is not None]
    return "".join(texts) if len(texts) == len(blocks) else None


def _text_of_block(block: object) -> str | None:
    match block:
        case str():
            return block
        case {"type": "text", "text": str(text), **options} if not options:
            return text
    return None


def _is_comparable(text: str, max_characters: int) -> bool:
    """Whether a server takes it for a prompt."""
    return (
        bool(text.strip()) and "\0" not in text and len(text) <= max_characters and has_utf8(text)
    )


def has_utf8(text: str) -> bool:
    """Whether it can be sent: for halves of surrogate pairs UTF-8 has no bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
