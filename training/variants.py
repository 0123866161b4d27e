"""Examples that a script can make and a person would label the same way.

People's pairs of questions seldom differ in one word alone, and prompts as they are typed into a
search box are shorter than questions. What is made here fills both gaps. A change that makes
another question is made on one side (not equivalent) as often as on both (as equivalent as they
were), so that neither words nor their oddness give the label away.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from training.pairs import Pair
from training.shortening import shortened_pair
from training.substitutes import Substitutes
from training.words import is_content, joined, words_of

_OPENERS: Final = (
    (
        *(
            "how do i",
            "how can i",
            "how to",
            "how do you",
            "how can we",
            "how do we",
            "how can you",
        ),
        *("what is the best way to", "what's the best way to", "best way to", "how could i"),
        *("how does one", "what is the way to", "how should i", "ways to", "steps to"),
    ),
    ("what is", "what's", "what are", "define", "explain", "tell me about", "what exactly is"),
    (
        *("what is the best", "what are the best", "which is the best", "which are the best"),
        *("what's the best", "what are some of the best", "what are some good", "best", "top"),
    ),
    (
        *("where can i find", "where do i find", "where to find", "where can i get"),
        *("where do i get", "where could i find", "where to get"),
    ),
    ("why do", "why does", "what is the reason", "what makes"),
    ("is it possible to", "can i", "can you", "can we", "am i able to", "is there a way to"),
    ("who is", "who's", "tell me who is"),
)
"""Ways to begin the same question. Not all fit together in grammar; users do not mind."""

_KEYWORDS_ALONE: Final = (0, 1, 3)
"""Openers without which the rest still asks the same."""

_SHORTENED: Final = 0.6

_DEFINITION: Final = 1
_LONGEST_TERM: Final = 3
"""Nobody defines what takes more words than that."""

_QUALIFIERS: Final = (
    *("for beginners", "for kids", "for seniors", "for women", "for men", "for students"),
    *("for dogs", "for cats", "for my wife", "for two people", "for small business", "for school"),
    *("for free", "for an interview", "as a student", "from scratch", "near me", "online"),
    *("in india", "in the us", "in london", "in canada", "in excel", "in python", "in java"),
    *("in winter", "in summer", "in 2023", "in 2025", "in one week", "in spanish", "at home"),
    *("at night", "in the morning", "on mac", "on windows", "on linux", "on android"),
    *("on iphone", "on a budget", "under 500", "after 40", "without money", "without surgery"),
    *("without oven", "without a password", "with diabetes", "with a credit card", "by phone"),
    *("with chicken", "by email", "during pregnancy"),
)

_POLITE: Final = (
    ("", " please"),
    ("please tell me ", ""),
    ("hi, ", ""),
    ("can you tell me ", ""),
    ("i want to know ", ""),
    ("hey, ", ""),
    ("", " thanks"),
    ("quick question: ", ""),
)


@dataclass(frozen=True)
class VariantMaker:
    """Makes examples from pairs. `different` and `equal` are words to exchange for others."""

    different: Substitutes
    equal: Substitutes
    random: random.Random

    def examples_of(self, pair: Pair) -> list[Pair]:
        """New examples from a pair of people's, none if nothing in it can be changed."""
        makers = [self._changed_in_one_place, self._qualified, self._alone]
        examples = self.random.choice(makers)(self._shortened(pair))
        return [self._typed(example) for example in examples if example.first != example.second]

    def _shortened(self, pair: Pair) -> Pair:
        """The pair in few words, more often than not."""
        if self.random.random() > _SHORTENED:
            return pair
        return shortened_pair(pair, self.random) or pair

    def _changed_in_one_place(self, pair: Pair) -> list[Pair]:
        """The same word exchanged on one side, and on both."""
        first, second = words_of(pair.first), words_of(pair.second)
        shared = [word for word in {*first} & {*second} if self._changeable(word)]
        if not pair.equivalent or not shared:
            return []
        word = self.random.choice(sorted(shared))
        other = self.random.choice(self.different[word])
        return [
            Pair(joined(first), joined(_exchanged(second, word, other)), False),
            Pair(
                joined(_exchanged(first, word, other)),
                joined(_exchanged(second, word, other)),
                True,
            ),
        ]

    def _qualified(self, pair: Pair) -> list[Pair]:
        """A condition added on one side or two different ones, and the same on both."""
        if not pair.equivalent:
            return []
        one, another = self.random.sample(_QUALIFIERS, 2)
        if self.random.random() < 0.5:
            another = ""
        first, second = (prompt.rstrip(" ?.!") for prompt in (pair.first, pair.second))
        return [
            Pair(f"{first} {one}", f"{second} {another}".strip(), False),
            Pair(f"{first} {one}", f"{second} {one}", True),
        ]

    def _alone(self, pair: Pair) -> list[Pair]:
        """A question and itself in other words, and that with one word exchanged."""
        prompt = self.random.choice((pair.first, pair.second))
        words = words_of(prompt)
        changeable = [word for word in words if self._changeable(word)]
        if not 2 <= len(words) <= 20 or not changeable:
            return []
        again = self._reworded(words)
        word = self.random.choice(changeable)
        other = self.random.choice(self.different[word])
        changed = _exchanged(self._reworded(words), word, other)
        examples = [Pair(prompt, joined(again), True)]
        if changed != again and word not in changed:
            examples.append(Pair(prompt, joined(changed), False))
        return examples

    def _reworded(self, words: Sequence[str]) -> list[str]:
        text = joined([word for word in words if word != "?"])
        for number, openers in enumerate(_OPENERS):
            opener = next(
                (o for o in sorted(openers, key=len)[::-1] if text.startswith(f"{o} ")), None
            )
            if opener is not None:
                rest = text[len(opener) + 1 :]
                if number == _DEFINITION and len(rest.split()) > _LONGEST_TERM:
                    break
                bare = number in _KEYWORDS_ALONE and self.random.random() < 0.5
                text = rest if bare else f"{self.random.choice(openers)} {rest}"
                if bare and self.random.random() < 0.5:
                    text = _without_articles(text)
                break
        words = [self._synonym(word) for word in words_of(text)]
        return self._reordered(words)

    def _reordered(self, words: list[str]) -> list[str]:
        """ "hotels in paris" as "paris hotels", now and then."""
        if "in" in words[1:-1] and len(words) <= 6 and self.random.random() < 0.4:
            place = words.index("in")
            return [*words[place + 1 :], *words[:place]]
        return words

    def _synonym(self, word: str) -> str:
        if word in self.equal and self.random.random() < 0.3:
            return self.random.choice(self.equal[word])
        return word

    def _typed(self, pair: Pair) -> Pair:
        """As people type: politely, in a hurry, with slips."""
        return Pair(self._slipped(pair.first), self._slipped(pair.second), pair.equivalent)

    def _slipped(self, prompt: str) -> str:
        chance = self.random.random()
        if chance < 0.08:
            before, after = self.random.choice(_POLITE)
            return f"{before}{prompt}{after}"
        if chance < 0.16:
            return self._with_slip(prompt)
        if chance < 0.4:
            return prompt.rstrip("?.! ")
        return prompt

    def _with_slip(self, prompt: str) -> str:
        places = list(re.finditer(r"[a-z]{6,}", prompt))
        if not places:
            return prompt
        place = self.random.choice(places)
        at = self.random.randrange(place.start() + 1, place.end() - 2)
        if self.random.random() < 0.5:
            return prompt[:at] + prompt[at + 1 :]
        return prompt[:at] + prompt[at + 1] + prompt[at] + prompt[at + 2 :]

    def _changeable(self, word: str) -> bool:
        return bool(self.different.get(word)) and (is_content(word) or word.isdigit())


def _exchanged(words: Sequence[str], word: str, other: str) -> list[str]:
    return [other if each == word else each for each in words]


def _without_articles(text: str) -> str:
    return re.sub(r"\b(?:a|an|the|my|your|some)\b ?", "", text).strip()
