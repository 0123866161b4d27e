"""The quantities that a prompt names."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from nearhit_server.core.verification.guard.numerals import (
    AMBIGUOUS_ROMANS,
    CARDINALS,
    DECADES,
    DIGITS,
    FRACTION,
    NUMBERED,
    ORDINALS,
    OTHERS,
    PARTS,
    ROMANS,
    SCALES,
    WORLD_WARS,
    canonical,
    read_cardinal,
    shortest,
)
from nearhit_server.core.verification.guard.units import UNITS, Unit, unit_before
from nearhit_server.core.verification.guard.word_sets import word_set

MOST: Final = 64
"""Quantities that are looked at; a longer list is data, not a question."""
LONGEST: Final = 40
"""Digits of a number that is computed with; a longer one is compared as it is spelt."""


_BEFORE_UNITS: Final = word_set("degree degrees ° square sq us")
_BEFORE_UNITS_OF_HALVES: Final = _BEFORE_UNITS | {"a", "an", "of"}


@dataclass(frozen=True)
class Quantity:
    """A number with what is around it.

    `amount` is its size in the base unit, None without one. `faint`: a word such as `one` or
    `first` that may be no number at all. `before` and `after` are the words next to it.
    """

    value: str
    unit: str | None
    amount: Decimal | None
    faint: bool
    before: str
    after: str
    clock: bool = False

    @property
    def decade(self) -> str:
        """`90` of the 90s, 1990s and nineties; empty for what is no decade."""
        named = self.after == "s" or len(self.value) == 4
        short = self.value.removeprefix("19") if len(self.value) == 4 else self.value
        return short if named and len(short) == 2 and short[1] == "0" else ""

    @property
    def shown(self) -> str:
        """For a message."""
        return f"{self.value} {self.after}".strip() if self.unit else self.value


def read_quantities(tokens: Sequence[str]) -> tuple[Quantity, ...]:
    """The quantities in the order of the tokens."""
    found: list[Quantity] = []
    position = 0
    while position < len(tokens) and len(found) < MOST:
        number = _read_number(tokens, position)
        if number is None:
            position += 1
            continue
        value, end, faint = number
        found.append(_in_context(tokens, position, end, value, faint))
        position = end
    return tuple(found)


def _read_number(tokens: Sequence[str], start: int) -> tuple[str, int, bool] | None:
    """The value at `start`, where it ends, and whether it is faint."""
    token = tokens[start]
    if token[0].isdigit():
        return _read_digits(tokens, start)
    if token in _PARTED and (part := _read_part(tokens, start)) is not None:
        return part
    if token in CARDINALS:
        value, end = read_cardinal(tokens, start)
        if tuple(tokens[end : end + 3]) == ("and", "a", "half"):
            return f"{value}.5", end + 3, False
        if end < len(tokens) and token in _TENS and (last := ORDINALS.get(tokens[end], 99)) < 10:
            return str(value + last), end + 1, False
        return str(value), end, value < 2
    before = tokens[start - 1] if start else ""
    if token in SCALES and before in ("a", "an", "per"):
        return str(SCALES[token]), start + 1, before == "per"
    if (ordinal := ORDINALS.get(token)) is not None:
        return str(ordinal), start + 1, ordinal < 3
    if (other := OTHERS.get(token)) is not None:
        return str(other), start + 1, token not in ("dozen", "twice", "double", "thrice", "triple")
    if token in _PAST and (time := _read_past(tokens, start)) is not None:
        return time
    if token == "half":
        return _read_half(tokens, start)
    if token in DECADES:
        return DECADES[token], start + 1, False
    if token in WORLD_WARS:
        return str(WORLD_WARS[token]), start + 1, False
    if token in ROMANS:
        return str(ROMANS[token]), start + 1, False
    if token in AMBIGUOUS_ROMANS and before in NUMBERED:
        return str(AMBIGUOUS_ROMANS[token]), start + 1, token == "i"
    return None


def _read_part(tokens: Sequence[str], start: int) -> tuple[str, int, bool] | None:
    """A part of something: `a third of`, `three quarters of`."""
    if start + 2 >= len(tokens) or tokens[start + 2] != "of":
        return None
    divisor = PARTS.get(tokens[start + 1])
    if divisor is None:
        return None
    count = CARDINALS.get(tokens[start], 1)
    return shortest(Decimal(count) / divisor), start + 2, False


def _read_past(tokens: Sequence[str], start: int) -> tuple[str, int, bool] | None:
    """A time of day: `half past six`, `quarter to 7`."""
    direction, hour = (*tokens[start + 1 : start + 3], "", "")[:2]
    hours = int(hour) if hour.isdecimal() and len(hour) < 3 else CARDINALS.get(hour)
    if direction not in ("past", "to") or hours is None:
        return None
    minutes = _PAST[tokens[start]]
    if direction == "to":
        hours, minutes = hours - 1 if hours > 1 else hours + 11, 60 - minutes
    return f"{hours}:{minutes}", start + 3, False


def _read_half(tokens: Sequence[str], start: int) -> tuple[str, int, bool]:
    """Half of what follows, `half a million`, or of something that is no number."""
    article, *scale = (*tokens[start + 1 : start + 3], "", "")[:2]
    if article == "a" and scale[0] in SCALES:
        return str(SCALES[scale[0]] // 2), start + 3, False
    return "0.5", start + 1, True


_PAST: Final = {"half": 30, "quarter": 15}
_PARTED: Final = word_set("a one two three four")
_TENS: Final = frozenset(word for word, value in CARDINALS.items() if value >= 20)


def _read_digits(tokens: Sequence[str], start: int) -> tuple[str, int, bool] | None:
    token = tokens[start]
    if FRACTION.fullmatch(token):
        return shortest(Decimal(token[0]) / Decimal(token[2])), start + 1, False
    if DIGITS.fullmatch(token) is None:
        return None
    value, end = canonical(token), start + 1
    while (
        end < len(tokens)
        and tokens[end] in SCALES
        and len(value) <= LONGEST
        and value.replace(".", "", 1).isdigit()
    ):
        value = shortest(Decimal(value) * SCALES[tokens[end]])
        end += 1
    return value, end, False


def _in_context(tokens: Sequence[str], start: int, end: int, value: str, faint: bool) -> Quantity:
    before = tokens[start - 1] if start else ""
    after = tokens[end] if end < len(tokens) else ""
    if before in ("minus", "negative") and not (start > 1 and tokens[start - 2][0].isdigit()):
        value = f"-{value}"
    if after in ("am", "pm", "oclock") or ":" in value or tokens[start] == "noon":
        return _clock_or_number(value.replace(".", ":"), faint, before, after)
    if after == "s" and value.endswith("0") and len(value) == 4:
        return Quantity(value, None, None, faint, before, after)
    unit = unit_before(before) or _unit_after(tokens, end, half=value == "0.5")
    amount = _amount(value, unit)
    if unit is not None and amount is not None and value.count(".") == 1:
        value = shortest(Decimal(value))
    base = unit.base if unit is not None and amount is not None else None
    return Quantity(value, base, amount, faint, before, after)


def _unit_after(tokens: Sequence[str], end: int, *, half: bool) -> Unit | None:
    skipped = _BEFORE_UNITS_OF_HALVES if half else _BEFORE_UNITS
    while end < len(tokens) and tokens[end] in skipped:
        end += 1
    return UNITS.get(tokens[end]) if end < len(tokens) else None


def _amount(value: str, unit: Unit | None) -> Decimal | None:
    if unit is None or len(value) > LONGEST or not value.lstrip("-").replace(".", "", 1).isdigit():
        return None
    return (Decimal(value) * unit.factor).normalize()


def _clock_or_number(value: str, faint: bool, before: str, after: str) -> Quantity:
    hour, _, rest = value.partition(":")
    afternoon, forenoon = after == "pm", after == "am"
    timed = afternoon or forenoon or rest or after == "oclock"
    if not timed or not hour.isdigit() or len(hour) > 2:
        return Quantity(value, None, None, faint, before, after)
    hours = int(hour)
    if (afternoon and hours < 12) or (forenoon and hours == 12):
        hours = (hours + 12) % 24
    return Quantity(f"{hours}:{rest or '00'}", None, None, faint, before, after, clock=True)
