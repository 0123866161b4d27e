"""Labelled pairs of prompts."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from nearhit_server.core.limits import Limits

MIN_PAIRS_OF_A_KIND: Final = 20
"""Fewer of either kind say next to nothing about a rate."""

_MAX_CHARACTERS: Final = Limits().max_prompt_characters

_LABELS: Final = {
    **dict.fromkeys(("1", "true", "yes", "right"), True),
    **dict.fromkeys(("0", "false", "no", "wrong"), False),
}


class PairsError(ValueError):
    """Pairs that cannot be used; the message says where they are from and what is wrong."""


@dataclass(frozen=True)
class Pair:
    """Two prompts, and whether one answer serves both."""

    first: str
    second: str
    equivalent: bool


def checked_pair(label: Any, first: Any, second: Any) -> Pair:
    """A pair as somebody wrote it. The label is 1, true, yes or right, or else 0, false, no or
    wrong. Raises PairsError, without a place, for what no cache would take."""
    for prompt in (first, second):
        if not isinstance(prompt, str):
            raise PairsError("a prompt is no text")
        if not prompt.strip():
            raise PairsError("a prompt is empty or blank")
        if len(prompt) > _MAX_CHARACTERS:
            raise PairsError(
                f"a prompt has {len(prompt):,} characters, more than {_MAX_CHARACTERS:,}"
            )
        if "\0" in prompt:
            raise PairsError("a prompt holds a NUL character")
    return Pair(first, second, _label(label))


def check_enough(pairs: Collection[Pair], source: str) -> None:
    """Refuse pairs of which too few, or none, are equivalent or different. Raises PairsError."""
    equivalent = sum(pair.equivalent for pair in pairs)
    for count, kind in ((equivalent, "equivalent"), (len(pairs) - equivalent, "different")):
        if count < MIN_PAIRS_OF_A_KIND:
            some = f"only {count} of" if count else "none of"
            raise PairsError(
                f"{source}: {some} {len(pairs):,} pairs are {kind}; it takes at least "
                f"{MIN_PAIRS_OF_A_KIND}, and better some hundreds"
            )


def _label(label: Any) -> bool:
    # True and 1.0 are 1 for Python; a number that is neither 1 nor 0 is no label.
    word = str(int(label)) if label in (0, 1) else str(label)
    try:
        return _LABELS[word.strip().casefold()]
    except KeyError:
        raise PairsError(
            f"the label is {word[:40]!r}, neither 1 (equivalent) nor 0 (different)"
        ) from None
