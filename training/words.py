"""Prompts as words, and how words are put back."""

import re
from collections.abc import Sequence
from typing import Final

from nearhit_server.core.verification.wording import FUNCTION_WORDS

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019.+#-][^\W_]+)*[+#]*|[^\w\s]|_", re.UNICODE)


def words_of(prompt: str) -> list[str]:
    """The prompt's words and punctuation, in lower case."""
    return _WORD.findall(prompt.casefold())


def is_content(word: str) -> bool:
    """Whether it names something: not punctuation, a number or a function word."""
    return word[0].isalpha() and len(word) > 1 and word not in FUNCTION_WORDS


def joined(words: Sequence[str]) -> str:
    """Words as a prompt, with punctuation where it belongs."""
    text = " ".join(words)
    return re.sub(r" ([?.,!:;)])", r"\1", text)
