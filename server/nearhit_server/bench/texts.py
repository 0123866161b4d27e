"""Prompts and responses: distinct, of mixed lengths, and the same for the same seed."""

from collections.abc import Sequence
from random import Random
from typing import Final

_OPENINGS: Final = (
    "How do I",
    "What is the quickest way to",
    "Can you explain how to",
    "Please help me to",
    "Why am I not able to",
    "Is there a way to",
)
_ACTIONS: Final = (
    "cancel",
    "return",
    "track",
    "pay for",
    "change the address of",
    "get an invoice for",
    "insure",
    "speed up",
)
_THINGS: Final = ("order", "parcel", "subscription", "booking", "shipment", "repair", "refund")
_PLACES: Final = ("Lisbon", "Oslo", "Nairobi", "Lima", "Kyoto", "Toronto", "Naples", "Hanoi")
_DETAILS: Final = (
    "It was meant to arrive on Tuesday, and nobody has called since.",
    "I have paid by card, but the receipt names another amount.",
    "The website only shows an error after the second step.",
    "My colleague placed it for our whole office.",
    "Last month the same thing took less than a day.",
    "The number that I was given does not answer in the evening.",
    "I would rather have it sent to a pick-up point near the station.",
    "Half of it came in the wrong size and in the wrong colour.",
    "I am travelling until the end of the week and can only write.",
    "The driver left a note that I cannot read.",
)
_DETAILS_AND_WEIGHTS: Final = ((0, 60), (1, 25), (4, 12), (9, 3))
"""Most prompts are a sentence, some a paragraph; 9 details are about 150 tokens."""

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LETTERS: Final = 8
_CODES: Final = len(_ALPHABET) ** _CODE_LETTERS
# Odd, and so without a common divisor with the number of codes: no code comes twice.
_STRIDE: Final = 0x9E3779B97F


class Texts:
    """Prompts and responses by number. Numbers below 2**40 never share a prompt."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def prompt(self, number: int) -> str:
        """A question; the code in it makes it one of its kind."""
        random = self._random(2 * number)
        opening, action, thing, place = _drawn(random, _OPENINGS, _ACTIONS, _THINGS, _PLACES)
        [details] = random.choices(
            [count for count, _ in _DETAILS_AND_WEIGHTS],
            [weight for _, weight in _DETAILS_AND_WEIGHTS],
        )
        question = f"{opening} {action} {thing} {self._code(number)} from {place}?"
        return " ".join([question, *random.sample(_DETAILS, details)])

    def response(self, number: int) -> str:
        """An answer of 100 to 600 bytes."""
        random = self._random(2 * number + 1)
        sentences = random.sample(_DETAILS, random.randint(1, len(_DETAILS) - 1))
        return " ".join([f"About {self._code(number)}:", *sentences])

    def _random(self, number: int) -> Random:
        return Random((self._seed << 48) + number)

    def _code(self, number: int) -> str:
        rest = (number * _STRIDE + self._seed) % _CODES
        letters = []
        for _ in range(_CODE_LETTERS):
            rest, letter = divmod(rest, len(_ALPHABET))
            letters.append(_ALPHABET[letter])
        return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


def _drawn(random: Random, *choices: Sequence[str]) -> list[str]:
    return [some[int(random.random() * len(some))] for some in choices]
