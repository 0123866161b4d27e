"""Numbers as they are written: digits, words, scales, Roman."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from nearhit_server.core.verification.guard.word_sets import word_set


def _numbered(words: str, start: int) -> dict[str, int]:
    return {word: number for number, word in enumerate(words.split(), start)}


_TENS: Final = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 2)
CARDINALS: Final = {
    **_numbered(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen",
        0,
    ),
    **{word: 10 * number for word, number in _TENS.items()},
}
ORDINALS: Final = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
    1,
)
OTHERS: Final = {
    **{"once": 1, "single": 1, "twice": 2, "double": 2, "couple": 2, "pair": 2, "triple": 3},
    **{"thrice": 3, "dozen": 12, "noon": 12, "midnight": 0},
}
SCALES: Final = {
    **{
        "hundred": 10**2,
        "k": 10**3,
        "thousand": 10**3,
        "lakh": 10**5,
        "lakhs": 10**5,
        "lac": 10**5,
    },
    **{"lacs": 10**5, "million": 10**6, "millions": 10**6, "crore": 10**7, "crores": 10**7},
    **{"billion": 10**9, "billions": 10**9, "trillion": 10**12},
}
ROMANS: Final = {
    **_numbered("ii iii", 2),
    **_numbered("vii viii ix", 7),
    **_numbered("xi xii xiii xiv", 11),
    **_numbered("xvi xvii xviii xix", 16),
}
AMBIGUOUS_ROMANS: Final = {"i": 1, "iv": 4, "v": 5, "vi": 6, "x": 10, "xv": 15, "xx": 20}
"""Pronouns, drips, editors and brands too: numerals only behind one of the words below."""
NUMBERED: Final = word_set(
    "war part chapter type class phase volume vol episode act grade stage book article henry "
    "louis george elizabeth james edward charles bowl schedule tier title level season section"
    " fantasy rocky sequel"
)

DECADES: Final = {
    word: str(1900 + 10 * number)
    for word, number in _numbered(
        "twenties thirties forties fifties sixties seventies eighties nineties", 2
    ).items()
}
PARTS: Final = {
    **dict.fromkeys(("half", "halves"), 2),
    **dict.fromkeys(("third", "thirds"), 3),
    **dict.fromkeys(("quarter", "quarters", "fourth", "fourths"), 4),
    **dict.fromkeys(("fifth", "fifths"), 5),
    **dict.fromkeys(("tenth", "tenths"), 10),
}
"""What `a quarter of`, `two thirds of` divide by."""

NUMBER_WORDS: Final = frozenset(
    {*CARDINALS, *ORDINALS, *OTHERS, *SCALES, *ROMANS, *DECADES, *PARTS, "wwi", "wwii", "wwiii"}
)
WORLD_WARS: Final = {"wwi": 1, "wwii": 2, "wwiii": 3}

FRACTION: Final = re.compile(r"1/[2-9]|2/[3-9]|3/[4-9]|4/[5-9]|5/[6-9]|6/[7-9]|7/[89]|8/9")
DIGITS: Final = re.compile(r"\d+(?:[.,:]\d+)*")


def canonical(digits: str) -> str:
    """One spelling for a number in digits: no separators, leading zeros or empty decimals.

    Other decimals stay as they are: version 3.10 is not 3.1.
    """
    plain = digits.replace(",", "")
    whole, point, decimals = plain.partition(".")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{decimals}" if point and decimals.strip("0") else whole


def shortest(value: Decimal) -> str:
    """The plain decimal notation of a computed number."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_cardinal(tokens: Sequence[str], start: int) -> tuple[int, int]:
    """The value of the number words from `start`, and where they end: `start` if there are none.

    `twenty five`, `two hundred and fifty thousand`; `nineteen ninety nine` is 19 and 99.
    """
    total = group = 0
    position, read = start, start
    last = 1000
    while position < len(tokens):
        word = tokens[position]
        if (number := CARDINALS.get(word)) is not None and _fits(number, last):
            group += number
            last = number if number >= 20 else 1
        elif (scale := SCALES.get(word)) is not None and group and (scale > 100 or group < 100):
            group, total = (group * scale, total) if scale == 100 else (0, total + group * scale)
            last = 1000
        elif word == "and" and tokens[position - 1] in SCALES and position > start:
            position += 1
            continue
        else:
            break
        position += 1
        read = position
    return total + group, read


def _fits(number: int, last: int) -> bool:
    """Whether a number word continues the one before: `twenty five`, but not `five six`."""
    return last == 1000 or (20 <= last < 100 and 0 < number < 10)
