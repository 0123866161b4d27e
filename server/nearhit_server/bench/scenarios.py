"""What the calls of a run are."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar, Final, Protocol

import numpy as np

from nearhit import NewEntry
from nearhit_server.bench.requests import BOTH, EXACT, SEMANTIC, Request
from nearhit_server.bench.settings import Session
from nearhit_server.bench.texts import Texts
from nearhit_server.bench.vectors import FloatMatrix, random_vectors, reworded
from nearhit_server.bench.zipf import ranks

_FIRST_FRESH: Final = 1 << 36
"""Numbers below are of texts that are stored beforehand or asked again."""

_ITSELF: Final = 1.0
"""A threshold at which a text that was never stored is a miss, whatever the model thinks of it."""

_COSINES: Final = {"low": 0.85, "high": 0.95}
_VECTOR_THRESHOLD: Final = 0.8
_BATCH: Final = 256


class Scenario(Protocol):
    """A kind of load. Its fields are what can be chosen about it."""

    name: ClassVar[str]

    @property
    def own_dimension(self) -> int:
        """Of vectors that the callers bring; 0 if a model makes them."""

    def entries(self, session: Session) -> Iterator[NewEntry]:
        """What has to be stored before the first call."""

    def requests(self, session: Session) -> Iterator[Request]:
        """The calls of one process, without end."""


class _Modelled:
    own_dimension = 0


@dataclass(frozen=True)
class Exact(_Modelled):
    """Exact searches for stored prompts: all hits."""

    name: ClassVar[str] = "exact"
    entry_count: int = 1_000

    def entries(self, session: Session) -> Iterator[NewEntry]:
        return _stored_texts(session, self.entry_count)

    def requests(self, session: Session) -> Iterator[Request]:
        texts, random = Texts(session.seed), _random(session)
        searches = [
            Request.search(session, texts.prompt(number), strategies=EXACT, threshold=_ITSELF)
            for number in range(self.entry_count)
        ]
        while True:
            for number in random.integers(self.entry_count, size=_BATCH):
                yield searches[number]


@dataclass(frozen=True)
class Semantic(_Modelled):
    """Semantic searches for prompts that nobody has asked before: all misses, each embedded."""

    name: ClassVar[str] = "semantic"
    entry_count: int = 1_000

    def entries(self, session: Session) -> Iterator[NewEntry]:
        return _stored_texts(session, self.entry_count)

    def requests(self, session: Session) -> Iterator[Request]:
        texts = Texts(session.seed)
        for number in _fresh(session):
            yield Request.search(
                session, texts.prompt(number), strategies=SEMANTIC, threshold=_ITSELF
            )


@dataclass(frozen=True)
class Vectors:
    """Searches with the caller's vectors, each near that of a stored entry: all hits."""

    name: ClassVar[str] = "vectors"
    entry_count: int = 1_000
    dimension: int = 384

    @property
    def own_dimension(self) -> int:
        return self.dimension

    def entries(self, session: Session) -> Iterator[NewEntry]:
        stored = self._stored(session)
        for entry, vector in zip(_stored_texts(session, self.entry_count), stored, strict=True):
            yield NewEntry(
                entry.prompt,
                entry.response,
                vector=vector,
                attributes=entry.attributes,
                ttl=entry.ttl,
            )

    def requests(self, session: Session) -> Iterator[Request]:
        stored, random = self._stored(session), _random(session)
        while True:
            for vector in reworded(stored, _BATCH, random=random, **_COSINES):
                yield Request.search(
                    session,
                    strategies=SEMANTIC,
                    threshold=_VECTOR_THRESHOLD,
                    float32_le=vector.astype("<f4").tobytes(),
                )

    def _stored(self, session: Session) -> FloatMatrix:
        return random_vectors(self.entry_count, session.dimension, seed=session.seed)


@dataclass(frozen=True)
class Store(_Modelled):
    """Stores of distinct entries, each embedded."""

    name: ClassVar[str] = "store"

    def entries(self, session: Session) -> Iterator[NewEntry]:
        return iter(())

    def requests(self, session: Session) -> Iterator[Request]:
        texts = Texts(session.seed)
        for number in _fresh(session):
            yield Request.store(session, texts.prompt(number), texts.response(number))


@dataclass(frozen=True)
class Mix(_Modelled):
    """What an application does: searches, and a Store after each miss.

    `repeat_share` of the searches are for one of `population` prompts, the one of rank r with a
    probability proportional to 1 / r ** exponent; the others are for prompts never asked before.
    """

    name: ClassVar[str] = "mix"
    population: int = 10_000
    exponent: float = 1.0
    repeat_share: float = 0.8

    def entries(self, session: Session) -> Iterator[NewEntry]:
        return iter(())

    def requests(self, session: Session) -> Iterator[Request]:
        texts, random, fresh = Texts(session.seed), _random(session), _fresh(session)
        repeated = ranks(self.population, self.exponent, random)
        while True:
            for repeats in random.random(_BATCH) < self.repeat_share:
                yield self._search(session, texts, next(repeated) if repeats else next(fresh))

    def _search(self, session: Session, texts: Texts, number: int) -> Request:
        prompt = texts.prompt(number)
        return Request.search(
            session,
            prompt,
            strategies=BOTH,
            threshold=_ITSELF,
            after_miss=lambda: Request.store(session, prompt, texts.response(number)),
        )


_SCENARIOS: Final[Mapping[str, type[Scenario]]] = {
    kind.name: kind for kind in (Exact, Semantic, Vectors, Store, Mix)
}


def scenario_record(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON."""
    fields: Any = scenario
    return {"name": scenario.name, **asdict(fields)}


def restored_scenario(record: Mapping[str, Any]) -> Scenario:
    """The scenario of `scenario_record`."""
    fields = dict(record)
    return _SCENARIOS[fields.pop("name")](**fields)


def _stored_texts(session: Session, entry_count: int) -> Iterator[NewEntry]:
    texts = Texts(session.seed)
    for number in range(entry_count):
        yield NewEntry(
            texts.prompt(number),
            texts.response(number),
            attributes=session.attributes,
            ttl=timedelta(seconds=session.ttl_seconds),
        )


def _fresh(session: Session) -> Iterator[int]:
    """Numbers of texts that no other process uses."""
    return count(_FIRST_FRESH + session.process, session.processes)


def _random(session: Session) -> np.random.Generator:
    return np.random.default_rng([session.seed, session.process])
