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
    return _counted_otherwise(asked, stored)


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
    return one.value == other.value and not _lettered_otherwise(one, other)


def _lettered_otherwise(one: Quantity, other: Quantity) -> bool:
    """Section 80C against 80D, vitamin B6 against D6."""
    return any(
        len(mine) == len(theirs) == 1 and mine != theirs and f"{mine}{theirs}".isalpha()
        for mine, theirs in ((one.before, other.before), (one.after, other.after))
        if mine not in _LETTER_WORDS and theirs not in _LETTER_WORDS
    )


def _exclude(one: Quantity, other: Quantity) -> bool:
    """Whether two numbers speak of the same thing; `one` and `first` often speak of nothing."""
    if not one.faint and not other.faint and _is_year(one) == _is_year(other):
        return True
    return (one.after != "" and stem(one.after) == stem(other.after)) or (
        one.before != "" and one.before == other.before and one.before not in FUNCTION_WORDS
    )


def _is_year(number: Quantity) -> bool:
    return number.unit is None and len(number.value) == 4 and number.value[:2] in ("19", "20")


_LETTER_WORDS: Final = word_set("a i")
_LISTED: Final = word_set("top best first last about around approximately")


def _needed(number: Quantity, prompt: Prompt, other: Prompt) -> bool:
    """Whether a prompt without the number asks something else: `iPhone 7` against `iPhone`."""
    return (
        not number.faint
        and number.unit is None
        and not _is_year(number)
        and number.value in prompt.bag
        and number.before.isalpha()
        and number.before not in FUNCTION_WORDS
        and number.before not in _LISTED
        and number.before in other.bag
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


def _is_noun(word: str) -> bool:
    return word.isalpha() and word not in FUNCTION_WORDS


def _by_noun(prompt: Prompt) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for quantity in prompt.quantities:
        if quantity.unit is None and _is_noun(quantity.after):
            values.setdefault(stem(quantity.after), set()).add(quantity.value)
    return values
