"""Whether the verifier can be expected to read a prompt: it learned from English ones."""

from collections.abc import Sequence
from typing import Final

from nearhit_server.core.verification.wording import FUNCTION_WORDS, Wording

_MOST_FOREIGN_LETTERS: Final = 0.2
"""A name may have an accent."""

_MOST_TOKENS_A_WORD: Final = 2.0
"""English prompts take about 1.2; in other languages the model has to spell most words."""

_FEWEST_TOKENS: Final = 8
"""Fewer than this say nothing about a language."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OTHER_FUNCTION_WORDS: Final = (
    _words(
        # German, Dutch
        "der das und ist nicht wie ich kann mein meine ein eine einen für mit auf zu zum zur wo "
        "warum wird wer het een niet hoe ik mijn naar voor waar waarom "
        # French, Spanish, Italian, Portuguese
        "le la les des du une est et je mon ma mes pour dans avec comment pourquoi quel quelle que "
        "el los las una y es mi para por con cómo como qué cuál dónde il lo gli di che è per "
        "perché dove mio o os um uma e é meu minha não ao "
        # Polish, Turkish, Swedish, Indonesian
        "jak nie jest się na czy gdzie moje ve bir için ne hur jag och att inte är min "
        "bagaimana saya yang dan tidak di cara untuk apa"
    )
    - FUNCTION_WORDS
)


def is_readable(pair: Sequence[tuple[str, Wording]], *, tokens: int) -> bool:
    """Whether prompts look like English. `tokens` is what the model makes of them together,
    special ones left out."""
    words = sum(len(wording.words) for _, wording in pair)
    return tokens <= max(_FEWEST_TOKENS, _MOST_TOKENS_A_WORD * words) and all(
        wording.words and not _is_foreign(prompt) and _speaks_english(wording.words)
        for prompt, wording in pair
    )


def _is_foreign(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    foreign = sum(not character.isascii() for character in letters)
    return not letters or foreign > _MOST_FOREIGN_LETTERS * len(letters)


def _speaks_english(words: Sequence[str]) -> bool:
    foreign = sum(word in _OTHER_FUNCTION_WORDS for word in words)
    return not foreign or sum(word in FUNCTION_WORDS for word in words) >= foreign
