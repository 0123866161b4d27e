"""Words that mean the same and words of one kind, from WordNet.

Reads the database files of WordNet 3.0 (`data.noun`, `index.noun` and so on; Debian's package
wordnet-base has them), whose format is described in their manual page wndb(5).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PARTS_OF_SPEECH: Final = ("noun", "verb", "adj")
_HYPERNYM: Final = "@"
_ANTONYM: Final = "!"
_MOST_SIBLINGS: Final = 60
"""A kind with more members than this ("person") says little about them."""


@dataclass(frozen=True)
class _Synset:
    words: tuple[str, ...]
    hypernyms: tuple[str, ...]
    antonyms: tuple[str, ...]
    """Offsets of synsets."""


@dataclass(frozen=True)
class WordNet:
    """For a word, in its most frequent sense as each part of speech."""

    synonyms: dict[str, list[str]]
    siblings: dict[str, list[str]]
    """Other words of the same kind, and opposites."""


def read_wordnet(folder: Path) -> WordNet:
    """The words of a WordNet database. Single words in lower case only."""
    synonyms: dict[str, list[str]] = defaultdict(list)
    siblings: dict[str, list[str]] = defaultdict(list)
    for part in _PARTS_OF_SPEECH:
        synsets = dict(_synsets(folder / f"data.{part}"))
        first_sense, frequency = _index(folder / f"index.{part}")
        members: dict[str, list[str]] = defaultdict(list)
        for word, offset in first_sense.items():
            for kind in synsets[offset].hypernyms[:1]:
                members[kind].append(word)
        for word, offset in first_sense.items():
            synset = synsets[offset]
            # Only words for which this is the usual sense, too: "get" is not "have".
            equal = [w for w in synset.words if w != word and first_sense.get(w) == offset]
            synonyms[word] += [w for w in equal if frequency[w] > 0]
            kin = [w for kind in synset.hypernyms[:1] for w in members[kind]]
            if len(kin) <= _MOST_SIBLINGS:
                siblings[word] += [w for w in kin if first_sense[w] != offset and frequency[w] > 0]
            opposites = [w for o in synset.antonyms for w in synsets[o].words]
            siblings[word] += 3 * opposites
    return WordNet(dict(synonyms), dict(siblings))


def _synsets(path: Path) -> Iterator[tuple[str, _Synset]]:
    for line in _lines(path):
        fields = line.partition(" | ")[0].split()
        count = int(fields[3], 16)
        words = fields[4 : 4 + 2 * count : 2]
        pointers = fields[5 + 2 * count :]
        links = list(zip(pointers[::4], pointers[1::4], strict=False))
        yield (
            fields[0],
            _Synset(
                tuple(word.partition("(")[0].lower() for word in words if _is_plain(word)),
                tuple(offset for symbol, offset in links if symbol == _HYPERNYM),
                tuple(offset for symbol, offset in links if symbol == _ANTONYM),
            ),
        )


def _index(path: Path) -> tuple[dict[str, str], dict[str, int]]:
    """The synset of each word's most frequent sense, and in how many senses it was counted in
    texts."""
    first_sense: dict[str, str] = {}
    frequency: dict[str, int] = {}
    for line in _lines(path):
        fields = line.split()
        if _is_plain(fields[0]):
            senses = int(fields[2])
            first_sense[fields[0]] = fields[-senses]
            frequency[fields[0]] = int(fields[-senses - 1])
    return first_sense, frequency


def _lines(path: Path) -> Iterator[str]:
    # The licence at the top is indented.
    with path.open(encoding="utf-8") as lines:
        return iter([line for line in lines if not line.startswith(" ")])


def _is_plain(word: str) -> bool:
    return word.partition("(")[0].isalpha()
