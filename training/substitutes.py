"""What a word can be exchanged for so that it makes another question, or the same one."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, TypeAlias

from training.pairs import Pair
from training.slot_lists import OPPOSITES, SLOTS, SYNONYMS
from training.wordnet import WordNet
from training.words import is_content, words_of

Substitutes: TypeAlias = Mapping[str, Sequence[str]]
"""Word to words that can stand in its place."""

_MAX_WORDS: Final = 16
_COMMON: Final = 15
_SHORTEST: Final = 4

_MAX_FILLERS: Final = 40
"""A frame with more fillers ("what is ...") says nothing about them."""


def different(pairs: Sequence[Pair], wordnet: WordNet) -> Substitutes:
    """For a word others that make another question of it.

    Taken from lists, from WordNet, and from the questions themselves: two words that fill the same
    gap in two questions, unless people called such questions equivalent or one is a form of the
    other.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    same = {frozenset(change) for change in _single_changes(pairs, equivalent=True)}
    same.update(map(frozenset, (two for group in SYNONYMS for two in combinations(group, 2))))
    for fillers in _fillers(pairs):
        for word in fillers:
            for other in fillers - {word}:
                if frozenset((word, other)) not in same and not _related(word, other):
                    found[word][other] += 1
    for group in (*SLOTS.values(), *OPPOSITES):
        for word in group:
            others = [other for other in group if frozenset((word, other)) not in same]
            found[word].update({other: 2 for other in others if other != word})
    common = _common_words(pairs)
    for word in common & wordnet.siblings.keys():
        synonyms = wordnet.synonyms.get(word, ())
        found[word].update(
            other
            for other in wordnet.siblings[word]
            if other in common and other not in synonyms and not _related(word, other)
        )
    return {word: [other for other, _ in count.most_common(40)] for word, count in found.items()}


def equal(pairs: Sequence[Pair], wordnet: WordNet) -> Substitutes:
    """For a word others that leave the question as it is: from a list, from WordNet, and where
    people called at least two pairs of questions with no other difference equivalent."""
    counts = Counter(_single_changes(pairs, equivalent=True))
    refuted = Counter(_single_changes(pairs, equivalent=False))
    found: dict[str, list[str]] = defaultdict(list)
    for (word, other), count in counts.items():
        if count >= 2 and count > 3 * refuted[word, other]:
            found[word].append(other)
    for group in SYNONYMS:
        for word in group:
            found[word] += 2 * [other for other in group if other != word]
    common = _common_words(pairs)
    for word in common & wordnet.synonyms.keys():
        found[word] += [other for other in wordnet.synonyms[word] if other in common]
    return {word: others for word, others in found.items() if others}


def _fillers(pairs: Sequence[Pair]) -> Iterator[set[str]]:
    """The words that fill the same gap."""
    frames: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for prompt in {prompt for pair in pairs for prompt in (pair.first, pair.second)}:
        words = [word for word in words_of(prompt) if word[0].isalnum()]
        if 3 <= len(words) <= _MAX_WORDS:
            for place, word in enumerate(words):
                if is_content(word):
                    frames[(*words[:place], "", *words[place + 1 :])].add(word)
    return (fillers for fillers in frames.values() if 2 <= len(fillers) <= _MAX_FILLERS)


def _common_words(pairs: Sequence[Pair]) -> set[str]:
    """Words that people use. WordNet also knows that be is beryllium."""
    prompts = {prompt for pair in pairs for prompt in (pair.first, pair.second)}
    counts = Counter(word for prompt in prompts for word in words_of(prompt))
    return {
        word
        for word, count in counts.items()
        if count >= _COMMON and len(word) >= _SHORTEST and is_content(word)
    }


def _single_changes(pairs: Iterable[Pair], *, equivalent: bool) -> Iterator[tuple[str, str]]:
    """The words by which alone two questions differ, both ways round."""
    for pair in pairs:
        if pair.equivalent is not equivalent:
            continue
        first, second = words_of(pair.first), words_of(pair.second)
        if len(first) == len(second):
            changes = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
            if len(changes) == 1 and all(map(is_content, changes[0])):
                yield changes[0]
                yield changes[0][::-1]


def _related(word: str, other: str) -> bool:
    """Whether one may be a form of the other: "learn" and "learning"."""
    stem = min(len(word), len(other), 5)
    return word[:stem] == other[:stem] or word in other or other in word
