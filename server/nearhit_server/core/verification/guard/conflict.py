"""What a guard rule found."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_SHOWN: Final = 40
"""Characters of a prompt's own words in a detail: two of them and the words around stay in 120."""


class ConflictKind(Enum):
    """What the two prompts differ in."""

    NUMBERS = "numbers"
    DATES = "dates"
    LITERALS = "literals"
    NEGATION = "negation"
    OPPOSITES = "opposites"
    DIRECTION = "direction"


@dataclass(frozen=True)
class Conflict:
    """Why a candidate is refused. `detail` is short English, for logs and the reason of a Miss."""

    kind: ConflictKind
    detail: str


def against(kind: ConflictKind, asked: str, stored: str) -> Conflict:
    """A conflict of what one prompt says with what the other says."""
    return Conflict(kind, f"{_shown(asked)} against {_shown(stored)}")


def only(kind: ConflictKind, asked: str, stored: str) -> Conflict:
    """A conflict of what one prompt says with the other's silence; the other's is empty."""
    side = "asked" if asked else "stored"
    return Conflict(kind, f"{_shown(asked or stored)} only in the {side} prompt")


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= MAX_SHOWN else f'"{text[: MAX_SHOWN - 1]}…"'
