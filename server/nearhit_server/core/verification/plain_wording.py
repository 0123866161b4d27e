"""Prompts that differ in nothing that says anything."""

import re
from typing import Final

_SAYS_NOTHING: Final = re.compile(r"[\s.?!,;:'\"\u2019\u2018\u201c\u201d]+")
"""Between words. A sign such as "+" or "-" may be all that tells two prompts apart."""


def say_the_same(asked: str, stored: str) -> bool:
    """Whether two prompts are the same but for case, spaces and punctuation."""
    return _plain(asked) == _plain(stored)


def _plain(prompt: str) -> str:
    return _SAYS_NOTHING.sub(" ", prompt.casefold()).strip()
