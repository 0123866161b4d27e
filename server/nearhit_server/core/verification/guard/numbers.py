"""Different numbers, quantities, versions, amounts of money or times of day."""

from typing import Final

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind, against, only
from nearhit_server.core.verification.guard.prompt import Prompt
from nearhit_server.core.verification.guard.quantities import Quantity
from nearhit_server.core.verification.guard.vocabulary import FUNCTION_WORDS, stem
from nearhit_server.core.verification.guard.word_sets import word_set


def find_number_conflict(asked: Prompt, stored: Prompt) -> Conflict | None:
    """The first number that the prompts differ in."""
    if asked.quantities == stored.quantities:
        return None
    extra = _unmatched(asked, stored)
    missing = _unmatched(stored, asked)
    for mine in extra:
        for other in missing:
            if _exclude(mine, other):
                return against(ConflictKind.NUMBERS, mine.shown, other.shown)
    for mine in extra:
        if _needed(mine, asked, stored):
            return only(ConflictKind.NUMBERS, mine.shown, "")
    for other in missing:
        if _needed(other, stored, asked):
            return only(ConflictKind.NUMBERS, "", other.shown)
    return (
        _counted_otherwise(asked, stored)
        or _repeated_otherwise(asked, extra, stored, missing)
        or _multiplied(asked, stored)
    )


def _unmatched(prompt: Prompt, other: Prompt) -> list[Quantity]:
    return [
        mine
        for mine in prompt.quantities
        if mine.value not in other.literal_digits
        and not any(_same(mine, theirs) for theirs in other.quantities)
    ]


def _same(one: Quantity, other: Quantity) -> bool:
    if one.amount is not None and other.amount is not None:
        return one.unit == other.unit and one.amount == other.amount
    if one.clock != other.clock:
        clock, plain = (one, other) if one.clock else (other, one)
        hour, _, minutes = clock.value.partition(":")
        return minutes == "00" and plain.value in (hour, str(int(hour) - 12))
    if _decades(one, other):
        return one.decade == other.decade
    return one.value == other.value and not _lettered_otherwise(one, other)


def _decades(one: Quantity, other: Quantity) -> bool:
    """Whether both are decades, one of them written as `90s`."""
    return bool((one.after == "s" or other.after == "s") and one.decade and other.decade)


def _lettered_otherwise(one: Quantity, other: Quantity) -> bool:
    """Section 80C against 80D, vitamin B6 against D6."""
    return any(
        len(mine) == len(theirs) == 1 and mine != theirs and f"{mine}{theirs}".isalpha()
        for mine, theirs in ((one.before, other.before), (one.after, other.after))
        if mine not in _LETTER_WORDS and theirs not in _LETTER_WORDS
    )


def _exclude(one: Quantity, other: Quantity) -> bool:
    """Whether two numbers speak of the same thing; `one` and `first` often speak of nothing."""
    alike = _is_year(one) == _is_year(other) or _decades(one, other)
    if not one.faint and not other.faint and alike:
        return True
    return (one.after != "" and stem(one.after) == stem(other.after)) or (
        one.before != "" and one.before == other.before and one.before not in FUNCTION_WORDS
    )


def _is_year(number: Quantity) -> bool:
    return number.unit is None and len(number.value) == 4 and number.value[:2] in ("19", "20")


_MULTIPLES: Final = frozenset(map(stem, ("half", "double", "triple", "quarter")))
_LETTER_WORDS: Final = word_set("a i")
_LISTED: Final = word_set(
    "top best first last about around approximately after before between over under than until "
    "only new old"
)
"""Words in front of a number that is no name."""
_JOINING: Final = word_set("and or & - /")


def _needed(number: Quantity, prompt: Prompt, other: Prompt) -> bool:
    """Whether a prompt without the number asks something else: `iPhone 7` against `iPhone`."""
    return (
        not number.faint
        and not number.clock
        and number.unit is None
        and not _is_year(number)
        and number.value in prompt.bag
        and number.before.isalpha()
        and number.before not in FUNCTION_WORDS
        and number.before not in _LISTED
        and number.before in other.bag
        # 500 and 1000 rupees: an amount, though the unit comes later.
        and number.after not in _JOINING
    )


def _counted_otherwise(asked: Prompt, stored: Prompt) -> Conflict | None:
    """Same numbers of other things: 2 adults and 1 child against 1 adult and 2 children."""
    if len(asked.quantities) < 2 or len(stored.quantities) < 2:
        return None
    theirs = _by_noun(stored)
    for noun, values in _by_noun(asked).items():
        if noun in theirs and values.isdisjoint(theirs[noun]):
            return against(
                ConflictKind.NUMBERS,
                f"{min(values)} {noun}",
                f"{min(theirs[noun])} {noun}",
            )
    return None


def _repeated_otherwise(
    asked: Prompt, extra: list[Quantity], stored: Prompt, missing: list[Quantity]
) -> Conflict | None:
    """A number where the other prompt repeats one: 12 by 11 against 12 by 12."""
    if len(asked.quantities) != len(stored.quantities) or bool(extra) == bool(missing):
        return None
    for number in extra or missing:
        if not number.faint and not _is_year(number):
            mine = number.shown if extra else ""
            return only(ConflictKind.NUMBERS, mine, "" if extra else number.shown)
    return None


def _multiplied(asked: Prompt, stored: Prompt) -> Conflict | None:
    """A half or double that is all the prompts differ in: half marathon against marathon."""
    mine, theirs = asked.topics, stored.topics
    differing = mine ^ theirs
    if len(differing) != 1 or differing.isdisjoint(_MULTIPLES) or len(mine & theirs) < 2:
        return None
    (multiple,) = differing
    return only(ConflictKind.NUMBERS, *((multiple, "") if multiple in mine else ("", multiple)))


def _is_noun(word: str) -> bool:
    return word.isalpha() and word not in FUNCTION_WORDS


def _by_noun(prompt: Prompt) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for quantity in prompt.quantities:
        if quantity.unit is None and _is_noun(quantity.after):
            values.setdefault(stem(quantity.after), set()).add(quantity.value)
    return values
